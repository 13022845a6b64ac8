// An API that checks Sekisho's access tokens, with go-jose. Opaque tokens are introspected, JWTs checked by the issuer's
// keys. ISSUER, API (its identifier) and SCOPE (what a call needs) say what is protected; with CLIENT_ID and CLIENT_SECRET,
// the API's own credentials, every token is introspected: what was taken back is refused at once.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

var (
	issuer, api, scope     = os.Getenv("ISSUER"), os.Getenv("API"), os.Getenv("SCOPE")
	clientID, clientSecret = os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET")
	client                 = &http.Client{Timeout: 5 * time.Second}
	algorithms             = []jose.SignatureAlgorithm{jose.ES256, jose.PS256, jose.EdDSA, jose.RS256}
)

type claims struct {
	Active   bool           `json:"active"`
	Issuer   string         `json:"iss"`
	Audience jwt.Audience   `json:"aud"`
	Subject  string         `json:"sub"`
	ClientID string         `json:"client_id"`
	Scope    string         `json:"scope"`
	Binding  map[string]any `json:"cnf"`
}

// A refusal is the client's fault; every other error is not.
type refusal struct {
	status int
	code   string
}

func (r refusal) Error() string { return r.code }

var invalidToken = refusal{http.StatusUnauthorized, "invalid_token"}

func introspected(token string) (found claims, err error) {
	body := strings.NewReader(url.Values{"token": {token}}.Encode())
	request, err := http.NewRequest(http.MethodPost, issuer+"/introspect", body)
	if err != nil {
		return found, err
	}
	request.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(clientSecret))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err = answerOf(request, &found); err == nil && !found.Active {
		err = invalidToken
	}
	return found, err
}

func answerOf(request *http.Request, into any) error {
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the issuer answers %s", answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// The issuer's keys, fetched again after five minutes, and for a key that is not known, but not more often than each 10
// seconds.
var keys struct {
	sync.Mutex
	set     jose.JSONWebKeySet
	fetched time.Time
}

func keySet(id string) (jose.JSONWebKeySet, error) {
	keys.Lock()
	defer keys.Unlock()
	age := time.Since(keys.fetched)
	if age > 5*time.Minute || (len(keys.set.Key(id)) == 0 && age > 10*time.Second) {
		request, err := http.NewRequest(http.MethodGet, issuer+"/jwks", nil)
		if err != nil {
			return keys.set, err
		}
		var set jose.JSONWebKeySet
		if err := answerOf(request, &set); err != nil {
			return keys.set, err
		}
		keys.set, keys.fetched = set, time.Now()
	}
	return keys.set, nil
}

func verified(token string) (found claims, err error) {
	parsed, err := jwt.ParseSigned(token, algorithms)
	// `typ` keeps ID tokens and others' JWTs out (RFC 9068 §4).
	if err != nil || !strings.EqualFold(fmt.Sprint(parsed.Headers[0].ExtraHeaders[jose.HeaderType]), "at+jwt") {
		return found, invalidToken
	}
	set, err := keySet(parsed.Headers[0].KeyID)
	if err != nil {
		return found, err
	}
	var times jwt.Claims
	expected := jwt.Expected{Issuer: issuer, AnyAudience: jwt.Audience{api}, Time: time.Now()}
	if parsed.Claims(set, &times, &found) != nil || times.Expiry == nil || times.ValidateWithLeeway(expected, 5*time.Second) != nil {
		return found, invalidToken
	}
	return found, nil
}

func check(request *http.Request) (found claims, err error) {
	authorization := request.Header.Get("Authorization")
	if authorization == "" {
		return found, refusal{http.StatusUnauthorized, ""}
	}
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return found, invalidToken
	}
	if clientID != "" {
		found, err = introspected(strings.TrimSpace(token))
	} else {
		found, err = verified(strings.TrimSpace(token))
	}
	switch {
	case err != nil:
		return found, err
	// A token that is bound to a key is no bearer token: whoever cannot check the key must not take it.
	case found.Issuer != issuer || !found.Audience.Contains(api) || found.Binding != nil:
		return found, invalidToken
	case !slices.Contains(strings.Fields(found.Scope), scope):
		return found, refusal{http.StatusForbidden, "insufficient_scope"}
	}
	return found, nil
}

func main() {
	place, err := url.Parse(api)
	if err != nil {
		panic(err)
	}
	place.Path = "/.well-known/oauth-protected-resource" + strings.TrimSuffix(place.Path, "/")
	answer := func(response http.ResponseWriter, status int, body map[string]string) {
		response.Header().Set("Content-Type", "application/json")
		response.WriteHeader(status)
		json.NewEncoder(response).Encode(body)
	}
	http.HandleFunc("GET /", func(response http.ResponseWriter, request *http.Request) {
		found, err := check(request)
		refused, isRefused := err.(refusal)
		switch {
		case err == nil:
			answer(response, http.StatusOK, map[string]string{"sub": found.Subject, "client_id": found.ClientID})
		case isRefused:
			challenge := fmt.Sprintf("Bearer resource_metadata=%q", place)
			if refused.code != "" {
				challenge += fmt.Sprintf(", error=%q", refused.code)
			}
			if refused.status == http.StatusForbidden {
				challenge += fmt.Sprintf(", scope=%q", scope)
			}
			response.Header().Set("WWW-Authenticate", challenge)
			answer(response, refused.status, map[string]string{"error": refused.code})
		default:
			response.Header().Set("Retry-After", "1")
			answer(response, http.StatusServiceUnavailable, map[string]string{"error": "temporarily_unavailable"})
		}
	})
	port := os.Getenv("PORT")
	if port == "" {
		port = "9000"
	}
	panic(http.ListenAndServe("127.0.0.1:"+port, nil))
}
