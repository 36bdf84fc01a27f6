// Follows the events of a gateway through restarts, losses and resets.
//
// Usage: go run listen.go [URL] [STATE]
// STATE is a file with the id of the last event, so that the next run goes on where this one has ended.
// The standard library is enough (Go 1.18 or later).
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const silence = 45 * time.Second // without a byte: three heartbeats

var (
	server = "http://127.0.0.1:8080"
	state  string
	last   string
	live   bool
)

type frame struct {
	ID         string           `json:"id"`
	Type       string           `json:"type"`
	ResourceID string           `json:"resource_id"`
	Dropped    int              `json:"dropped"`
	Reset      *json.RawMessage `json:"reset"`
	Goodbye    *struct {
		Retry int `json:"retry"`
	} `json:"goodbye"`
}

type refused struct {
	status int
	text   string
	pause  time.Duration
}

func (r refused) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

func request(path string, query url.Values, accept string) (*http.Response, error) {
	// A space is %20 here: a plus sign is a plus sign.
	text := strings.ReplaceAll(query.Encode(), "+", "%20")
	message, err := http.NewRequest("GET", server+path+"?"+text, nil)
	if err != nil {
		return nil, err
	}
	message.Header.Set("Accept", accept)
	if token := os.Getenv("DIRECTORY_CLIENT_AUTH_TOKEN"); token != "" {
		message.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(message)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return nil, refused{response.StatusCode, string(text), time.Duration(seconds) * time.Second}
	}
	return response, nil
}

// handle is your work. An event may come twice, if this program ends before it has stored the id.
func handle(event frame) {
	fmt.Println(strings.TrimPrefix(event.Type, "EVENT_TYPE_"), event.ResourceID)
}

// catchUp is called when events are missing: compare what you have with what the gateway has.
func catchUp() error {
	query := url.Values{"limit": {"1000"}}
	for {
		response, err := request("/records", query, "application/json")
		if err != nil {
			return err
		}
		var page struct {
			Records []struct {
				CID string `json:"cid"`
			} `json:"records"`
			Next string `json:"next"`
		}
		err = json.NewDecoder(response.Body).Decode(&page)
		response.Body.Close()
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			fmt.Println("STORED", record.CID)
		}
		if page.Next == "" {
			return nil
		}
		query.Set("after", page.Next)
	}
}

// listen reads one stream to its end. It returns the pause that the gateway asks for; 0 is none.
func listen() (time.Duration, error) {
	query := url.Values{"types": {"RECORD_PUSHED,RECORD_DELETED"}}
	if last != "" {
		query.Set("last_event_id", last)
	}
	response, err := request("/events", query, "application/x-ndjson")
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	live = true
	timer := time.AfterFunc(silence, func() { response.Body.Close() })
	defer timer.Stop()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 16<<20)
	for pause := time.Duration(0); ; {
		if !lines.Scan() {
			return pause, lines.Err()
		}
		timer.Reset(silence)
		if len(lines.Bytes()) == 0 {
			continue // a heartbeat
		}
		var found frame
		if err := json.Unmarshal(lines.Bytes(), &found); err != nil {
			return pause, err
		}
		switch {
		case found.Type != "":
			handle(found)
			last = found.ID
			if state != "" {
				if err := os.WriteFile(state, []byte(last), 0o600); err != nil {
					return pause, err
				}
			}
		case found.Dropped > 0 || found.Reset != nil:
			fmt.Fprintln(os.Stderr, "events are missing:", lines.Text())
			if err := catchUp(); err != nil {
				return pause, err
			}
		case found.Goodbye != nil:
			pause = time.Duration(found.Goodbye.Retry) * time.Millisecond
		}
	}
}

func main() {
	if len(os.Args) > 1 {
		server = os.Args[1]
	}
	if len(os.Args) > 2 {
		state = os.Args[2]
		if text, err := os.ReadFile(state); err == nil {
			last = strings.TrimSpace(string(text))
		}
	}
	for failures := 0; ; failures++ {
		live = false
		pause, err := listen()
		var refusal refused
		if errors.As(err, &refusal) {
			if refusal.status < 500 && refusal.status != 408 && refusal.status != 429 {
				fmt.Fprintln(os.Stderr, "refused:", err) // to try again would not help
				os.Exit(1)
			}
			pause = refusal.pause
		}
		fmt.Fprintln(os.Stderr, "the stream has ended:", err)
		if live {
			failures = 0
		}
		if pause == 0 {
			pause = time.Second << min(failures, 6)
			if pause > time.Minute {
				pause = time.Minute
			}
			pause = pause/2 + time.Duration(rand.Int63n(int64(pause/2)))
		}
		time.Sleep(pause + time.Duration(rand.Int63n(int64(time.Second/2))))
	}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
