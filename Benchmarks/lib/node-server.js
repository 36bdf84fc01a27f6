// Server-Sent Events with nothing but Node's `http`: GET subscribes, POST sends its body to all.
// `/grip` instead asks Pushpin to hold the stream.
const http = require('node:http');

const streams = new Set();
const server = http.createServer((request, response) => {
  if (request.method === 'POST') {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const event = Buffer.concat(parts);
      for (const stream of streams) stream.write(event);
      response.end('{}');
    });
    return;
  }
  response.setHeader('Content-Type', 'text/event-stream');
  response.setHeader('Cache-Control', 'no-store, no-transform');
  if (request.url.startsWith('/grip')) {
    response.setHeader('Grip-Hold', 'stream');
    response.setHeader('Grip-Channel', 'bench');
    response.end(': connected\n\n');
    return;
  }
  response.write(': connected\n\n');
  streams.add(response);
  response.on('close', () => streams.delete(response));
});
server.keepAliveTimeout = 3600e3;
server.requestTimeout = 0;
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
