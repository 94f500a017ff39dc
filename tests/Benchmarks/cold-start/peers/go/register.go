package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ledger "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

type registrar struct {
	ssm         *ssm.Client
	ec2         *ec2.Client
	dynamodb    *dynamodb.Client
	autoscaling *autoscaling.Client
	sqs         *sqs.Client
	tailscale   *tailscale
	tailnet     string
	prefix      string
	table       string
	scope       string
	tags        map[string][]string
}

func newRegistrar(cfg aws.Config) (*registrar, error) {
	tags := map[string][]string{}
	for _, pair := range strings.Split(os.Getenv("NODE_TAGS"), ",") {
		role, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("NODE_TAGS: %q is not role=tag", pair)
		}
		tags[role] = strings.Split(value, "+")
	}
	return &registrar{
		ssm:         ssm.NewFromConfig(cfg),
		ec2:         ec2.NewFromConfig(cfg),
		dynamodb:    dynamodb.NewFromConfig(cfg),
		autoscaling: autoscaling.NewFromConfig(cfg),
		sqs:         sqs.NewFromConfig(cfg),
		tailscale:   &tailscale{base: os.Getenv("TAILSCALE_API_URL") + "/api/v2", loggedIn: make(chan struct{})},
		tailnet:     os.Getenv("TAILNET"),
		prefix:      os.Getenv("PARAMETER_PREFIX"),
		table:       os.Getenv("LEDGER_TABLE"),
		scope:       os.Getenv("ACCOUNT_ID") + "/" + cfg.Region,
		tags:        tags,
	}, nil
}

func (r *registrar) register(ctx context.Context, event lifecycleEvent, m message) error {
	id := event.Detail.EC2InstanceID
	folder := r.prefix + "/nodes/" + id
	var hook struct{ Role string } // what the group's hook says of its instances; the instance's own tag must agree
	if err := json.Unmarshal([]byte(event.Detail.NotificationMetadata), &hook); err != nil {
		return err
	}
	role := hook.Role
	host := role + "-" + id

	var instance ec2types.Instance
	var hasKey, hasRecord bool
	var devices int
	err := inParallel(
		func() (err error) { instance, err = r.describeInstance(ctx, id); return },
		func() (err error) { hasKey, err = r.parameterExists(ctx, folder+"/auth-key"); return },
		func() (err error) { hasRecord, err = r.recordExists(ctx, id); return },
		func() (err error) {
			devices, err = r.tailscale.countDevices(ctx, r.tailnet, r.tags[role], host)
			return
		})
	if err != nil {
		return err
	}
	if tagged := tagOf(instance, "tailscale:role"); tagged != role || hasKey || hasRecord || devices > 0 {
		return fmt.Errorf("%s is not a new %s", id, role)
	}

	var key authKey
	var routes []string
	err = inParallel(
		func() (err error) { key, err = r.tailscale.createKey(ctx, r.tailnet, "aws "+id, r.tags[role]); return },
		func() (err error) { routes, err = r.describeRoutes(ctx, *instance.VpcId); return })
	if err != nil {
		return err
	}

	settings, err := json.Marshal(map[string]interface{}{
		"hostname": host, "advertiseRoutes": routes, "advertiseTags": r.tags[role], "flags": map[string]string{}})
	if err != nil {
		return err
	}
	err = inParallel(
		func() error { return r.putRecord(ctx, id, role, *instance.VpcId, key, routes) },
		func() error {
			return r.putParameter(ctx, folder+"/settings", string(settings), ssmtypes.ParameterTypeString, id)
		})
	if err != nil {
		return err
	}
	if err := r.putParameter(ctx, folder+"/auth-key", key.Key, ssmtypes.ParameterTypeSecureString, id); err != nil {
		return err
	}
	err = inParallel(
		func() error { return r.heartbeat(ctx, event) },
		func() error { return r.delay(ctx, m) })
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{
		"level": "INFO", "timestamp": time.Now().UTC().Format(time.RFC3339Nano), "message": "registered " + host + ", waiting for it to join"})
}

func (r *registrar) describeInstance(ctx context.Context, id string) (ec2types.Instance, error) {
	answer, err := r.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return ec2types.Instance{}, err
	}
	if len(answer.Reservations) != 1 || len(answer.Reservations[0].Instances) != 1 {
		return ec2types.Instance{}, fmt.Errorf("EC2 does not know %s", id)
	}
	return answer.Reservations[0].Instances[0], nil
}

func tagOf(instance ec2types.Instance, key string) string {
	for _, tag := range instance.Tags {
		if *tag.Key == key {
			return *tag.Value
		}
	}
	return ""
}

func (r *registrar) describeRoutes(ctx context.Context, vpc string) ([]string, error) {
	answer, err := r.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{vpc}})
	if err != nil {
		return nil, err
	}
	routes := []string{}
	for _, cidr := range answer.Vpcs[0].CidrBlockAssociationSet {
		if cidr.CidrBlockState.State == ec2types.VpcCidrBlockStateCodeAssociated {
			routes = append(routes, *cidr.CidrBlock)
		}
	}
	return routes, nil
}

func (r *registrar) parameterExists(ctx context.Context, name string) (bool, error) {
	answer, err := r.ssm.GetParameters(ctx, &ssm.GetParametersInput{Names: []string{name}})
	return err == nil && len(answer.Parameters) > 0, err
}

func (r *registrar) putParameter(ctx context.Context, name, value string, kind ssmtypes.ParameterType, reader string) error {
	_, err := r.ssm.PutParameter(ctx, &ssm.PutParameterInput{Name: &name, Value: &value, Type: kind,
		Tags: []ssmtypes.Tag{{Key: aws.String("tailscale:instance"), Value: &reader}}})
	return err
}

func (r *registrar) recordExists(ctx context.Context, id string) (bool, error) {
	answer, err := r.dynamodb.GetItem(ctx, &dynamodb.GetItemInput{TableName: &r.table, ConsistentRead: aws.Bool(true),
		Key: map[string]ledger.AttributeValue{"pk": text("node#" + id)}})
	return err == nil && len(answer.Item) > 0, err
}

func (r *registrar) putRecord(ctx context.Context, id, role, vpc string, key authKey, routes []string) error {
	list := []ledger.AttributeValue{}
	for _, route := range routes {
		list = append(list, text(route))
	}
	_, err := r.dynamodb.PutItem(ctx, &dynamodb.PutItemInput{TableName: &r.table, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		Item: map[string]ledger.AttributeValue{
			"pk": text("node#" + id), "scope": text(r.scope), "role": text(role), "vpc": text(vpc),
			"registeredAt": text(time.Now().UTC().Format(time.RFC3339)), "key": text(key.ID), "keyExpires": text(key.Expires),
			"routes": &ledger.AttributeValueMemberL{Value: list}, "version": &ledger.AttributeValueMemberN{Value: "1"}}})
	return err
}

func text(value string) ledger.AttributeValue { return &ledger.AttributeValueMemberS{Value: value} }

func (r *registrar) heartbeat(ctx context.Context, event lifecycleEvent) error {
	_, err := r.autoscaling.RecordLifecycleActionHeartbeat(ctx, &autoscaling.RecordLifecycleActionHeartbeatInput{
		AutoScalingGroupName: &event.Detail.AutoScalingGroupName, LifecycleHookName: &event.Detail.LifecycleHookName,
		InstanceId: &event.Detail.EC2InstanceID})
	return err
}

func (r *registrar) delay(ctx context.Context, m message) error {
	arn := strings.Split(m.EventSourceARN, ":")
	queue := "https://sqs." + arn[3] + ".amazonaws.com/" + arn[4] + "/" + arn[5]
	_, err := r.sqs.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &queue, ReceiptHandle: &m.ReceiptHandle, VisibilityTimeout: 30})
	return err
}
