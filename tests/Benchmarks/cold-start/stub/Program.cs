using System.Net;
using System.Net.Sockets;
using Automation.ColdStart;

// Lines in: one SQS batch, which starts a run, then "on" for its warm events. Lines out: the port, then for each run "ready", a report of the
// first event, and a report of the warm ones.
const int Workers = 32;   // more than the connections that any variant keeps open; threads wait in accept, so none is started during a run

var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
listener.Listen(Workers);

Run? current = null;   // set before the first process is started
for (var i = 0; i < Workers; i++)
{
    var worker = new Thread(() =>
    {
        while (true)
        {
            using var socket = listener.Accept();
            Connection.Serve(socket, Volatile.Read(ref current)!);
        }
    })
    { IsBackground = true };
    worker.Start();
}

Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port);
while (Console.ReadLine() is { } batch)
{
    if (batch == "on")
    {
        current!.GoOn();
        continue;
    }

    Volatile.Write(ref current, new Run(batch, DateTimeOffset.UtcNow));
    Console.WriteLine("ready");
}
