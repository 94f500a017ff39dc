using System.Text;
using System.Text.Json;
using Automation.Names;
using Automation.Nodes;
using Automation.Plans;
using Automation.Sandbox;

namespace Automation.Fuzz;

/// <summary>
/// What people write into EC2's tags and zones' names: it never stops a plan, what is refused is a finding, and nothing of it becomes an
/// option of the Tailscale client that was not meant.
/// </summary>
internal sealed class TagTarget : Target
{
    private static readonly string[] s_roles = ["subnet-router", "exit-node", "app-connector", "session-recorder", "peer-relay", "agent", "subnet-router+peer-relay", "exit-node+exit-node", " agent + peer-relay "];
    private static readonly string[] s_endpoints = ["203.0.113.7:40000", "203.0.113.7:40000+[2001:db8::1]:40000", "203.0.113.7:1,203.0.113.8:65535"];

    public override string Name => "tags";

    public override int Share => 15;

    public override AllocationLimit Limit => new(8_000_000, 200);

    public override Input Make(Dice dice)
    {
        string? Value(params string[] good) => dice.Below(4) switch
        {
            0 => null,
            1 => Oddities.Text(dice),
            2 => Oddities.Changed(dice.Of(good), dice),
            _ => dice.Of(good),
        };

        var seen = dice.Of(Worlds.Snapshots);
        var written = new List<string>();
        string? Written(string? value)
        {
            written.Add(value ?? "");
            return value;
        }

        seen = seen with
        {
            Scopes = [.. seen.Scopes.Select(scope => scope with
            {
                Instances = scope.Instances with
                {
                    Items = [.. scope.Instances.Items.Select(instance => dice.OneIn(2) ? instance : instance with
                    {
                        Role = Written(Value(s_roles)) ?? "",
                        RelayPort = Written(Value("40000", "1", "65535")),
                        RelayEndpoints = Written(Value(s_endpoints)),
                        Group = Written(Value("routers")),
                    })],
                },
                Vpcs = scope.Vpcs with
                {
                    Items = [.. scope.Vpcs.Items.Select(vpc => dice.OneIn(2) ? vpc : vpc with
                    {
                        Advertise = Written(Value("true", "false")),
                        Overlap = Written(Value("plain", "via6")),
                        SiteTag = Written(Value("1", "7", "65535")),
                    })],
                },
                Zones = scope.Zones with { Items = [.. scope.Zones.Items.Select(zone => dice.OneIn(4) ? zone with { Name = DomainName.Normal(Written(Value("corp.example.internal", "10.in-addr.arpa")) ?? "") } : zone)] },
            })],
        };
        return new(Encoding.UTF8.GetBytes(string.Join('\n', written)), () => Try(seen));
    }

    private static Outcome Try(Snapshot seen)
    {
        foreach (var instance in seen.Scopes.SelectMany(scope => scope.Instances.Items))
        {
            var findings = new List<Plans.Finding>();
            var profile = NodeProfile.Of(instance, SandboxWorld.EveryRole, findings);
            Must.Be(profile is not null || findings.Count > 0, "an instance was passed over without a finding");
            if (profile is null)
            {
                continue;
            }

            Must.Be(!profile.Roles.IsEmpty && profile.Roles.All(NodeRoles.Known.Contains), "a role was taken that is not known");
            Must.Be(!profile.Tags.IsEmpty && profile.Tags.All(tag => SandboxWorld.EveryRole.All.Contains(tag)), "a tag was taken that NODE_TAGS does not have");
            foreach (var (name, value) in profile.Flags)
            {
                Must.Be(IsFlag(name, value), $"the option {name} has a value that is none");
            }

            using var settings = JsonDocument.Parse(NodeSettings.Of(profile, []).ToJson());
            Must.Be(settings.RootElement.GetProperty("hostname").GetString() == profile.HostName, "the settings name another host");
        }

        foreach (var finding in ReconcilePlanner.Plan(seen).Findings)
        {
            Must.BeFitForALog(finding.Text);
            Must.BeFitForALog(finding.Resource);
        }

        return SnapshotTarget.Planned(seen);
    }

    private static bool IsFlag(string name, string value) => name switch
    {
        "advertise-exit-node" or "advertise-connector" => value == "true",
        "relay-server-port" => ushort.TryParse(value, out var port) && port > 0 && value.All(char.IsAsciiDigit),
        "relay-server-static-endpoints" => value.Length > 0 && value.All(letter => char.IsAsciiHexDigit(letter) || letter is '.' or ':' or '[' or ']' or ','),
        _ => false,
    };
}
