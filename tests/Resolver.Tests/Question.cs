using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Automation.Resolvers;

/// <summary>One question to a name server, with what a client may set in it.</summary>
internal sealed record Question(string Name, string Type)
{
    private static readonly Dictionary<string, ushort> s_types = new()
    {
        ["A"] = 1, ["NS"] = 2, ["CNAME"] = 5, ["SOA"] = 6, ["PTR"] = 12, ["MX"] = 15, ["TXT"] = 16, ["AAAA"] = 28, ["SRV"] = 33, ["OPT"] = 41,
        ["SVCB"] = 64, ["HTTPS"] = 65, ["AXFR"] = 252, ["ANY"] = 255,
    };

    private static readonly string[] s_codes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

    public bool Tcp { get; init; }

    public bool Recursion { get; init; } = true;

    /// <summary>Asks for signatures, and that none be checked.</summary>
    public bool Dnssec { get; init; }

    public bool Chaos { get; init; }

    public string From { get; init; } = "127.0.0.1";

    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(30);

    public async Task<Answer> AskAsync(int port)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, Tcp ? SocketType.Stream : SocketType.Dgram, Tcp ? ProtocolType.Tcp : ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(From), 0));
            await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            var query = Write();
            var buffer = new byte[ushort.MaxValue];
            if (!Tcp)
            {
                await socket.SendAsync(query, limit.Token);
                return Read(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, limit.Token)));
            }

            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync((byte[])[(byte)(query.Length >> 8), (byte)query.Length, .. query], limit.Token);
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), limit.Token);
            var length = BinaryPrimitives.ReadUInt16BigEndian(buffer);
            await stream.ReadExactlyAsync(buffer.AsMemory(0, length), limit.Token);
            return Read(buffer.AsSpan(0, length));
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer to {this}");
        }
    }

    private byte[] Write()
    {
        var message = new List<byte>();
        void Number(int value) => message.AddRange([(byte)(value >> 8), (byte)value]);
        Number(4711);
        Number((Recursion ? 0x100 : 0) | (Dnssec ? 0x10 : 0));
        foreach (var count in (int[])[1, 0, 0, 1])
        {
            Number(count);
        }

        foreach (var label in Name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.Add(0);
        Number(s_types[Type]);
        Number(Chaos ? 3 : 1);
        message.Add(0);   // EDNS
        Number(s_types["OPT"]);
        Number(1232);
        Number(0);
        Number(Dnssec ? 0x8000 : 0);
        Number(0);
        return [.. message];
    }

    private static Answer Read(ReadOnlySpan<byte> message)
    {
        var code = message[3] & 15;
        var at = 12;
        for (var questions = Number(message, 4); questions > 0; questions--)
        {
            ReadName(message, ref at);
            at += 4;
        }

        var sections = new List<string>[] { [], [], [] };
        for (var section = 0; section < 3; section++)
        {
            for (var records = Number(message, 6 + (2 * section)); records > 0; records--)
            {
                var name = ReadName(message, ref at);
                var type = Number(message, at);
                var length = Number(message, at + 8);
                var data = at + 10;
                at = data + length;
                if (type != s_types["OPT"])
                {
                    sections[section].Add($"{name} {TypeName(type)} {ReadData(message, type, data, length)}");
                }
            }
        }

        return new(code < s_codes.Length ? s_codes[code] : code.ToString(CultureInfo.InvariantCulture), sections[0], sections[1], sections[2]);
    }

    private static string ReadData(ReadOnlySpan<byte> message, int type, int at, int length)
    {
        switch (TypeName(type))
        {
            case "A" or "AAAA":
                return new IPAddress(message.Slice(at, length)).ToString();
            case "CNAME" or "NS" or "PTR":
                return ReadName(message, ref at);
            case "MX":
                at += 2;
                return ReadName(message, ref at);
            case "SRV":
                at += 6;
                return ReadName(message, ref at);
            case "TXT":
                return Encoding.ASCII.GetString(message.Slice(at + 1, length - 1));
            case "SOA":
                return ReadName(message, ref at);
            default:
                return Convert.ToHexStringLower(message.Slice(at, length));
        }
    }

    private static string TypeName(int type) => s_types.FirstOrDefault(known => known.Value == type).Key ?? $"TYPE{type}";

    private static int Number(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);

    private static string ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        var name = new StringBuilder();
        var (here, jumped) = (at, false);
        while (message[here] != 0)
        {
            if (message[here] >= 0xc0)
            {
                (at, jumped) = (jumped ? at : here + 2, true);
                here = Number(message, here) & 0x3fff;
                continue;
            }

            name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(message.Slice(here + 1, message[here])));
            here += message[here] + 1;
        }

        at = jumped ? at : here + 1;
        return name.Length > 0 ? name.ToString() : ".";
    }
}

/// <summary>What a name server said; records as text: name, type and data.</summary>
internal sealed record Answer(string Code, IReadOnlyList<string> Records, IReadOnlyList<string> Authority, IReadOnlyList<string> Additional)
{
    public IEnumerable<string> All => [.. Records, .. Authority, .. Additional];

    public override string ToString() => string.Join(" | ", [Code, .. Records]);
}
