// A gRPC server that passes on what it is given: the peer in Go.
//
// Usage: grpc-go-server HOST:PORT PUBLISH-HOST:PORT
// A POST to the second address is a message to everybody who listens at the first.
package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
)

// Messages stay bytes: making them is not measured.
type bytesCodec struct{}

func (bytesCodec) Name() string                              { return "proto" }
func (bytesCodec) Marshal(value interface{}) ([]byte, error) { return *value.(*[]byte), nil }
func (bytesCodec) Unmarshal(data []byte, value interface{}) error {
	*value.(*[]byte) = append([]byte(nil), data...)
	return nil
}

var (
	mutex  sync.Mutex
	queues = map[chan *[]byte]bool{}
)

func listen(_ interface{}, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	queue := make(chan *[]byte, 1024)
	mutex.Lock()
	queues[queue] = true
	mutex.Unlock()
	defer func() {
		mutex.Lock()
		delete(queues, queue)
		mutex.Unlock()
	}()
	if err := stream.SendHeader(metadata.MD{}); err != nil {
		return err
	}
	for {
		select {
		case message := <-queue:
			if err := stream.SendMsg(message); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return nil
		}
	}
}

func publish(writer http.ResponseWriter, request *http.Request) {
	message, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(writer, err.Error(), 400)
		return
	}
	mutex.Lock()
	for queue := range queues {
		queue <- &message
	}
	mutex.Unlock()
	writer.WriteHeader(200)
}

func main() {
	encoding.RegisterCodec(bytesCodec{})
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnknownServiceHandler(listen))
	go func() { log.Fatal(server.Serve(listener)) }()
	log.Fatal(http.ListenAndServe(os.Args[2], http.HandlerFunc(publish)))
}
