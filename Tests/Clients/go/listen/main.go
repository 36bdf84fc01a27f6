// A client of the gateway in Go, with the calls of the Directory's Event Streaming page. The page's
// client wraps the generated stubs; here they are used as they are.
//
//	listen ADDRESS all
//	listen ADDRESS types RECORD_PUSHED,RECORD_PUBLISHED
//	listen ADDRESS labels /skills/AI
//	listen ADDRESS cids CID,CID
//	listen ADDRESS publish          publishes what is pushed
//	listen ADDRESS resume ID        begins after an event
//	listen ADDRESS retry            reconnects with backoff
//	listen ADDRESS timeout          has 300 ms
//
// Prints "listening" when the subscription is live, then a line for each event.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/golang/protobuf/ptypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	corev1 "directory/agntcy/dir/core/v1"
	eventsv1 "directory/agntcy/dir/events/v1"
	routingv1 "directory/agntcy/dir/routing/v1"
)

func main() {
	address, mode := os.Args[1], os.Args[2]
	argument := ""
	if len(os.Args) > 3 {
		argument = os.Args[3]
	}
	connection, err := grpc.Dial(address, grpc.WithInsecure())
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	client := eventsv1.NewEventServiceClient(connection)
	ctx := context.Background()
	request := &eventsv1.ListenRequest{}
	handle := func(*eventsv1.Event) {}
	switch mode {
	case "types":
		for _, name := range strings.Split(argument, ",") {
			number := eventsv1.EventType_value["EVENT_TYPE_"+name]
			request.EventTypes = append(request.EventTypes, eventsv1.EventType(number))
		}
	case "labels":
		request.LabelFilters = strings.Split(argument, ",")
	case "cids":
		request.CidFilters = strings.Split(argument, ",")
	case "publish":
		routing := routingv1.NewRoutingServiceClient(connection)
		handle = func(event *eventsv1.Event) { publish(ctx, routing, event) }
	case "resume":
		ctx = metadata.AppendToOutgoingContext(ctx, "last-event-id", argument, "directory-notices", "1")
	case "timeout":
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
	}
	if mode == "retry" {
		retry(ctx, client, request)
		return
	}
	err = listen(ctx, client, request, handle)
	fmt.Printf("ended %s %s\n", status.Code(err), status.Convert(err).Message())
}

// Receives events until the stream ends, and returns why it did.
func listen(
	ctx context.Context, client eventsv1.EventServiceClient, request *eventsv1.ListenRequest,
	handle func(*eventsv1.Event),
) error {
	stream, err := client.Listen(ctx, request)
	if err != nil {
		return err
	}
	header, err := stream.Header()
	if err != nil {
		return err
	}
	// A call that is refused has no header, only trailers.
	if len(header.Get("content-type")) > 0 {
		fmt.Println("listening")
	}
	for {
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		event := response.GetEvent()
		if event.GetType() == eventsv1.EventType_EVENT_TYPE_UNSPECIFIED {
			fmt.Printf("notice %v\n", event.GetMetadata())
			continue
		}
		at, err := ptypes.Timestamp(event.GetTimestamp())
		if err != nil {
			return err
		}
		if time.Since(at) > time.Hour || time.Until(at) > time.Hour {
			return fmt.Errorf("the time of the event is %v", at)
		}
		fmt.Printf("%s %s %s %s\n", event.GetType(), event.GetResourceId(), event.GetId(),
			strings.Join(event.GetLabels(), ","))
		handle(event)
	}
}

// Publishes a record that was pushed, as the page's automation does.
func publish(ctx context.Context, routing routingv1.RoutingServiceClient, event *eventsv1.Event) {
	if event.GetType() != eventsv1.EventType_EVENT_TYPE_RECORD_PUSHED {
		return
	}
	refs := &routingv1.RecordRefs{Refs: []*corev1.RecordRef{{Cid: event.GetResourceId()}}}
	_, err := routing.Publish(ctx, &routingv1.PublishRequest{
		Request: &routingv1.PublishRequest_RecordRefs{RecordRefs: refs},
	})
	if err != nil {
		panic(err)
	}
}

// Listens again after each end, with the page's backoff.
func retry(
	ctx context.Context, client eventsv1.EventServiceClient, request *eventsv1.ListenRequest,
) {
	backoff := 50 * time.Millisecond
	for {
		err := listen(ctx, client, request, func(*eventsv1.Event) { backoff = 50 * time.Millisecond })
		fmt.Printf("ended %s\n", status.Code(err))
		if code := status.Code(err); code != codes.Unavailable {
			return
		}
		time.Sleep(backoff)
		if backoff *= 2; backoff > time.Minute {
			backoff = time.Minute
		}
	}
}
