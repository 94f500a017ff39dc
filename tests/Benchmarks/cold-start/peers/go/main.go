// Registers a new node with the AWS SDK for Go v2: independent calls side by side, the login beside the wait for the event.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

const runtimeVersion = "/2018-06-01/runtime/invocation/"

type batch struct {
	Records []message
}

type message struct {
	MessageID      string `json:"messageId"`
	ReceiptHandle  string `json:"receiptHandle"`
	Body           string `json:"body"`
	EventSourceARN string `json:"eventSourceARN"`
}

type lifecycleEvent struct {
	DetailType string `json:"detail-type"`
	Detail     struct {
		AutoScalingGroupName string
		LifecycleHookName    string
		EC2InstanceID        string `json:"EC2InstanceId"`
		NotificationMetadata string
	} `json:"detail"`
}

type failure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithEndpointResolverWithOptions(aws.EndpointResolverWithOptionsFunc(
		func(service, region string, _ ...interface{}) (aws.Endpoint, error) {
			return aws.Endpoint{URL: os.Getenv("AWS_ENDPOINT_URL"), SigningRegion: region}, nil
		})))
	if err != nil {
		return err
	}
	node, err := newRegistrar(cfg)
	if err != nil {
		return err
	}
	go node.tailscale.logIn(ctx, node.ssm)
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + runtimeVersion
	for {
		if err := answerNext(ctx, base, node); err != nil {
			return err
		}
	}
}

func answerNext(ctx context.Context, base string, node *registrar) error {
	next, err := http.Get(base + "next")
	if err != nil {
		return err
	}
	defer next.Body.Close()
	var events batch
	if err := json.NewDecoder(next.Body).Decode(&events); err != nil {
		return err
	}
	redeliver, err := handle(ctx, node, events)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string][]failure{"batchItemFailures": redeliver})
	if err != nil {
		return err
	}
	answer, err := http.Post(base+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func handle(ctx context.Context, node *registrar, events batch) ([]failure, error) {
	redeliver := []failure{}
	for _, m := range events.Records {
		var event lifecycleEvent
		if err := json.Unmarshal([]byte(m.Body), &event); err != nil {
			return nil, err
		}
		if event.DetailType != "EC2 Instance-launch Lifecycle Action" || !strings.HasPrefix(event.Detail.LifecycleHookName, "tailnet-") {
			continue
		}
		if err := node.register(ctx, event, m); err != nil {
			return nil, err
		}
		redeliver = append(redeliver, failure{m.MessageID})
	}
	return redeliver, nil
}

// inParallel runs all of these and returns the first error of any.
func inParallel(calls ...func() error) error {
	errs := make(chan error, len(calls))
	for _, call := range calls {
		go func(call func() error) { errs <- call() }(call)
	}
	var first error
	for range calls {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}
