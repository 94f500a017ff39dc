using System.Text.Json;
using Automation.Network;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>What each role needs in the tailnet's policy file: to be put there by a person, who says for whom.</summary>
/// <remarks>Forms: reference of the tailnet policy file, and Tailscale's pages on exit nodes, app connectors, peer relays and session recording.</remarks>
internal static class PolicySnippets
{
    /// <returns>By role, for the roles of nodes that are there.</returns>
    public static SortedDictionary<string, JsonElement> Of(Plan plan, NodeTags tags)
    {
        var roles = plan.Nodes.SelectMany(node => node.Profile.Roles).Distinct();
        var prefixes = PrefixSet.Of(plan.Prefixes.Select(prefix => prefix.Prefix));
        return new(roles.ToDictionary(role => role, role => Parse(Text(role, List(tags.Of(role)), prefixes))), StringComparer.Ordinal);
    }

    private static string Text(string role, string tags, PrefixSet prefixes) => role switch
    {
        NodeRoles.SubnetRouter => $$$"""{"grants":[{"src":["autogroup:member"],"dst":[{{{List(prefixes.Select(prefix => prefix.ToString()))}}}],"ip":["*"]}]}""",
        // Approved by the automation too; with autoApprovers a node serves from its first moment.
        NodeRoles.ExitNode => $$$"""{"autoApprovers":{"exitNode":[{{{tags}}}]},"grants":[{"src":["autogroup:member"],"dst":["autogroup:internet"],"ip":["*"]}]}""",
        // Clients ask the connector for names; which domains it is for, the person says.
        NodeRoles.AppConnector => $$$"""
            {"nodeAttrs":[{"target":["*"],"app":{"tailscale.com/app-connectors":[{"name":"aws","connectors":[{{{tags}}}],"domains":["example.com","*.example.com"]}]}}],
            "autoApprovers":{"routes":{"0.0.0.0/0":[{{{tags}}}],"::/0":[{{{tags}}}]}},
            "grants":[{"src":["autogroup:member"],"dst":[{{{tags}}}],"ip":["tcp:53","udp:53"]},{"src":["autogroup:member"],"dst":["autogroup:internet"],"ip":["*"]}]}
            """,
        // src: those that cannot be reached directly, and never *.
        NodeRoles.PeerRelay => $$$"""{"grants":[{"src":["tag:behind-nat"],"dst":[{{{tags}}}],"app":{"tailscale.com/cap/relay":[]}}]}""",
        NodeRoles.SessionRecorder => $$$"""{"ssh":[{"action":"accept","src":["autogroup:member"],"dst":["autogroup:self"],"users":["autogroup:nonroot"],"recorder":[{{{tags}}}],"enforceRecorder":true}]}""",
        _ => $$$"""{"grants":[{"src":["autogroup:member"],"dst":[{{{tags}}}],"ip":["*"]}]}""",
    };

    private static string List(IEnumerable<string> texts) => string.Join(',', texts.Select(text => $"\"{JsonEncodedText.Encode(text)}\""));

    private static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
