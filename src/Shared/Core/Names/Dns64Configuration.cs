using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Automation.Network;

namespace Automation.Names;

/// <summary>Where a DNS64 resolver runs, and for whom.</summary>
/// <param name="Listen">Of the host's own addresses, those in here are listened on.</param>
/// <param name="Clients">Whoever else asks is refused.</param>
/// <param name="InnerPort">A port of 127.0.0.1 by which the resolver asks itself.</param>
/// <param name="ResolverPort">The port of the VPC's resolver.</param>
/// <param name="Folder">Everything that named writes; null for where the package of Amazon Linux has it.</param>
public sealed record Dns64Options(PrefixSet Listen, int Port, PrefixSet Clients, int InnerPort, int ResolverPort, string? Folder)
{
    // Addresses of devices of a tailnet: nobody else is listened to.
    private static readonly PrefixSet s_tailnet = [Prefix.Parse("100.64.0.0/10"), Prefix.Parse("fd7a:115c:a1e0::/48")];

    public static readonly Dns64Options OfRouter = new(s_tailnet, 53, s_tailnet, 10053, 53, null);
}

/// <summary>named's configuration for DNS64: three views, each of which asks the one before it (docs/decisions/dns64.md).</summary>
/// <remarks>
/// <c>translate</c> asks the VPC's resolver and makes AAAA records. <c>filter</c> takes A records of the VPC's addresses away. <c>answer</c> takes
/// none of those from it, so that none gets out while named starts and has no policy yet. A view knows the one behind it by its address.
/// </remarks>
internal static class Dns64Configuration
{
    private const string Translate = "127.0.0.2", Filter = "127.0.0.3";

    public static string Of(Dns64 dns64, Dns64Options options)
    {
        var cidrs = List(dns64.Cidrs.Where(cidr => !cidr.IsIPv6));
        var clients = List(options.Clients);
        var zone = Zone(dns64.Cidrs);
        var inner = Text($"forwarders {{ 127.0.0.1 port {options.InnerPort}; }};");
        return Text(
            $$"""
            # Names of 4via6 site {{dns64.Site}}: written by the automation.
            acl asking {{{clients}} {{Translate}}; {{Filter}}; };
            options {
             {{Files(options.Folder)}}
             listen-on port {{options.Port}} {{{List(options.Listen.Where(prefix => !prefix.IsIPv6))}} };
             listen-on-v6 port {{options.Port}} {{{List(options.Listen.Where(prefix => prefix.IsIPv6))}} };
             listen-on port {{options.InnerPort}} { 127.0.0.1; };
             interface-interval 1;
             version none; hostname none; server-id none;
             allow-query { asking; }; allow-query-cache { asking; }; allow-recursion { asking; };
             allow-transfer { none; }; notify no;
             recursion yes; forward only;
             dnssec-validation no; empty-zones-enable no; minimal-responses yes;
             max-cache-size 32M; max-ncache-ttl 30;
            };
            controls { };
            view translate {
             match-clients { {{Translate}}; };
             forwarders { {{dns64.Resolver}} port {{options.ResolverPort}}; };
             dns64 {{Via6.SiteOf(dns64.Site)}} { clients { any; }; mapped {{{cidrs}} }; exclude { any; }; break-dnssec yes; };
            };
            view filter {
             match-clients { {{Filter}}; };
             {{inner}} query-source address {{Translate}};
             response-policy { zone rpz policy given log no add-soa no recursive-only no; }
              recursive-only no break-dnssec yes qname-wait-recurse no nsip-enable no nsdname-enable no;
             zone rpz { type primary; file "dns64-{{Hash(zone)}}.zone"; allow-query { none; }; };
            };
            view answer {
             match-clients {{{clients}} };
             {{inner}} query-source address {{Filter}};
             deny-answer-addresses {{{cidrs}} };
            };
            /*
            {{zone}}
            */

            """);
    }

    // Answers with such an address become answers without one.
    private static string Zone(IEnumerable<Prefix> cidrs) => string.Join(
        '\n',
        (string[])
        [
            "$TTL 60",
            "@ SOA . . 1 60 60 60 60",
            "@ NS .",
            .. cidrs.Where(cidr => !cidr.IsIPv6).Select(cidr => Text($"{cidr.Length}.{string.Join('.', cidr.First.ToString().Split('.').Reverse())}.rpz-ip CNAME *.")),
        ]);

    private static string Files(string? folder)
    {
        if (folder is null)
        {
            return "directory \"/var/named\"; managed-keys-directory \"dynamic\"; pid-file \"/run/named/named.pid\"; session-keyfile \"/run/named/session.key\";";
        }

        if (folder.AsSpan().ContainsAny('"', '\\', '\n'))
        {
            throw new ArgumentException($"'{folder}' cannot be written into named's configuration.", nameof(folder));
        }

        return $"directory \"{folder}\"; managed-keys-directory \".\"; pid-file \"named.pid\"; session-keyfile \"session.key\";";
    }

    private static string List(IEnumerable<Prefix> prefixes) => string.Concat(prefixes.Select(prefix => $" {prefix};").DefaultIfEmpty(" none;"));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
