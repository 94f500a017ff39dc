package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

type tailscale struct {
	base     string
	loggedIn chan struct{} // closed when token or err is set
	token    string
	err      error
}

type authKey struct {
	ID      string `json:"id"`
	Key     string `json:"key"`
	Expires string `json:"expires"`
}

func (t *tailscale) logIn(ctx context.Context, parameters *ssm.Client) {
	defer close(t.loggedIn)
	t.token, t.err = t.fetchToken(ctx, parameters)
}

func (t *tailscale) fetchToken(ctx context.Context, parameters *ssm.Client) (string, error) {
	parameter, err := parameters.GetParameter(ctx, &ssm.GetParameterInput{
		Name: aws.String(os.Getenv("TAILSCALE_CREDENTIAL")), WithDecryption: aws.Bool(true)})
	if err != nil {
		return "", err
	}
	var credential struct{ ClientID, ClientSecret string }
	if err := json.Unmarshal([]byte(*parameter.Parameter.Value), &credential); err != nil {
		return "", err
	}
	form := url.Values{"client_id": {credential.ClientID}, "client_secret": {credential.ClientSecret}, "grant_type": {"client_credentials"}}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err = t.send(ctx, "POST", "/oauth/token", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "", &token)
	return token.AccessToken, err
}

func (t *tailscale) countDevices(ctx context.Context, tailnet string, tags []string, host string) (int, error) {
	query := url.Values{"fields": {"all"}, "tags": {strings.Join(tags, ",")}, "hostname": {host}}
	var list struct {
		Devices []struct {
			NodeID string `json:"nodeId"`
		} `json:"devices"`
	}
	err := t.call(ctx, "GET", "/tailnet/"+tailnet+"/devices?"+query.Encode(), nil, &list)
	return len(list.Devices), err
}

func (t *tailscale) createKey(ctx context.Context, tailnet, description string, tags []string) (key authKey, err error) {
	type device struct {
		Reusable      bool     `json:"reusable"`
		Ephemeral     bool     `json:"ephemeral"`
		Preauthorized bool     `json:"preauthorized"`
		Tags          []string `json:"tags"`
	}
	create := map[string]map[string]device{"devices": {"create": {Ephemeral: true, Preauthorized: true, Tags: tags}}}
	err = t.call(ctx, "POST", "/tailnet/"+tailnet+"/keys", map[string]interface{}{
		"keyType": "auth", "description": description, "expirySeconds": 900, "capabilities": create}, &key)
	return key, err
}

func (t *tailscale) call(ctx context.Context, method, path string, body, into interface{}) error {
	<-t.loggedIn
	if t.err != nil {
		return t.err
	}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	return t.send(ctx, method, path, "application/json", content, t.token, into)
}

func (t *tailscale) send(ctx context.Context, method, path, contentType string, body io.Reader, token string, into interface{}) error {
	request, err := http.NewRequestWithContext(ctx, method, t.base+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("Tailscale %s %s: %s", method, path, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
