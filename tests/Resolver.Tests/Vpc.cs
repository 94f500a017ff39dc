using Automation.Names;
using Automation.Network;

namespace Automation.Resolvers;

/// <summary>A VPC of 10.0.0.0/16 and 10.64.0.0/16: its resolver, which knows its zones, and the DNS64 resolver of its router.</summary>
internal sealed class Vpc : IAsyncDisposable
{
    public const string Corp = """
        $TTL 60
        @ SOA ns hostmaster 1 60 60 60 60
        @ NS ns
        ns A 10.0.0.9
        db A 10.0.1.5
        alias CNAME db
        alias2 CNAME alias
        second A 10.64.1.5
        public A 93.184.216.34
        other A 10.1.1.1
        out CNAME www.example.com.
        dual A 10.0.1.6
        dual AAAA 2600:1f18::6
        mixed A 10.0.1.7
        mixed A 93.184.216.35
        six AAAA 2600:1f18::7
        any A 10.0.1.8
        any TXT "text"
        mail MX 10 db
        _sip._tcp SRV 0 0 5060 db
        service HTTPS 1 . alpn=h2
        service A 10.0.1.9
        hint HTTPS 1 . ipv4hint=10.0.1.9
        """;

    public const string Example = """
        $TTL 60
        @ SOA ns hostmaster 1 60 60 60 60
        @ NS ns
        ns A 93.184.216.2
        www A 93.184.216.34
        www AAAA 2606:2800::1
        inside CNAME db.corp.internal.
        """;

    public const string Reverse = """
        $TTL 60
        @ SOA ns.corp.internal. hostmaster.corp.internal. 1 60 60 60 60
        @ NS ns.corp.internal.
        5.1.0 PTR db.corp.internal.
        """;

    private Vpc(Named own, Named dns64) => (Own, Dns64) = (own, dns64);

    /// <summary>The VPC's own resolver.</summary>
    public Named Own { get; }

    /// <summary>What clients of the tailnet ask.</summary>
    public Named Dns64 { get; }

    public static async Task<Vpc> StartAsync(int site, params IEnumerable<(string Name, string Text)> zones)
    {
        var own = await StartOwnAsync(zones);
        try
        {
            return new(own, await StartDns64Async(Router(site), own.Port));
        }
        catch
        {
            await own.DisposeAsync();
            throw;
        }
    }

    public static Dns64 Router(int site) => new(site, Address.Parse("127.0.0.1"), [Prefix.Parse("10.0.0.0/16"), Prefix.Parse("10.64.0.0/16")]);

    public static async Task<Named> StartOwnAsync(params IEnumerable<(string Name, string Text)> zones)
    {
        var (folder, port) = (Named.NewFolder(), Named.FreePort());
        var configuration =
            $$"""
            options {
             directory "{{folder}}"; managed-keys-directory "."; pid-file "named.pid"; session-keyfile "session.key";
             listen-on port {{port}} { 127.0.0.1; }; listen-on-v6 { none; };
             recursion no; dnssec-validation no; allow-query { any; };
            };
            controls { };

            """;
        foreach (var (name, text) in zones)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), text + "\n");
            configuration += $"zone \"{name}\" {{ type primary; file \"{name}\"; check-names ignore; }};\n";
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "named.conf"), configuration);
        return await Named.StartAsync(folder, port);
    }

    public static async Task<Named> StartDns64Async(Dns64 dns64, int resolver, bool untilItAnswers = true, Func<string, string>? change = null)
    {
        var (folder, port) = (Named.NewFolder(), Named.FreePort());
        var text = dns64.ToConfiguration(OnLoopback(folder, port, resolver));
        await NodeScript.RunAsync(folder, change?.Invoke(text) ?? text);
        // It runs before it has its policy, and fails what it would have to translate until then.
        return await Named.StartAsync(folder, port, untilItAnswers ? "rpz: reload done" : null);
    }

    public static Dns64Options OnLoopback(string folder, int port, int resolver) =>
        new([Prefix.Parse("127.0.0.1/32")], port, [Prefix.Parse("127.0.0.1/32")], Named.FreePort(), resolver, folder);

    /// <summary>An answer of the DNS64 resolver as text.</summary>
    public async Task<string> AskAsync(string name, string type) => (await Dns64.AskAsync(new(name, type))).ToString();

    public async ValueTask DisposeAsync()
    {
        await Dns64.DisposeAsync();
        await Own.DisposeAsync();
    }
}
