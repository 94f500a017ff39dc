namespace Automation.Tailscale;

/// <summary>One call of the API v2: its name in messages, the scope that it needs, and whether doing it twice is the same as doing it once.</summary>
/// <param name="Template">The path below <c>/api/v2</c>, as the API's documentation writes it.</param>
/// <param name="Scope">The OAuth scope; empty where none is needed.</param>
internal sealed record TailscaleCall(HttpMethod Method, string Template, string Scope, bool IsRepeatable)
{
    public const string Service = "Tailscale";

    public static readonly TailscaleCall Token = new(HttpMethod.Post, "/oauth/token", "", IsRepeatable: true);

    // An identity token may count as used: another is asked for before it is done again.
    public static readonly TailscaleCall TokenExchange = new(HttpMethod.Post, "/oauth/token-exchange", "", IsRepeatable: false);

    // Each repetition would mint another key.
    public static readonly TailscaleCall CreateKey = new(HttpMethod.Post, "/tailnet/{tailnet}/keys", "auth_keys", IsRepeatable: false);

    public static readonly TailscaleCall ListKeys = new(HttpMethod.Get, "/tailnet/{tailnet}/keys", "auth_keys:read", IsRepeatable: true);

    public static readonly TailscaleCall DeleteKey = new(HttpMethod.Delete, "/tailnet/{tailnet}/keys/{id}", "auth_keys", IsRepeatable: true);

    public static readonly TailscaleCall ListDevices = new(HttpMethod.Get, "/tailnet/{tailnet}/devices", "devices:core:read", IsRepeatable: true);

    public static readonly TailscaleCall GetDevice = new(HttpMethod.Get, "/device/{id}", "devices:core:read", IsRepeatable: true);

    public static readonly TailscaleCall SetTags = new(HttpMethod.Post, "/device/{id}/tags", "devices:core", IsRepeatable: true);

    public static readonly TailscaleCall DeleteDevice = new(HttpMethod.Delete, "/device/{id}", "devices:core", IsRepeatable: true);

    public static readonly TailscaleCall GetRoutes = new(HttpMethod.Get, "/device/{id}/routes", "devices:routes:read", IsRepeatable: true);

    public static readonly TailscaleCall SetRoutes = new(HttpMethod.Post, "/device/{id}/routes", "devices:routes", IsRepeatable: true);

    // The API's document names no scope for split DNS and the configuration; "dns" is what its OAuth page gives for the other DNS calls.
    public static readonly TailscaleCall GetSplitDns = new(HttpMethod.Get, "/tailnet/{tailnet}/dns/split-dns", "dns:read", IsRepeatable: true);

    public static readonly TailscaleCall GetDnsConfiguration = new(HttpMethod.Get, "/tailnet/{tailnet}/dns/configuration", "dns:read", IsRepeatable: true);

    public static readonly TailscaleCall PatchSplitDns = new(HttpMethod.Patch, "/tailnet/{tailnet}/dns/split-dns", "dns", IsRepeatable: true);

    /// <remarks>Each credential may look at itself.</remarks>
    public static TailscaleCall GetKey => new(HttpMethod.Get, "/tailnet/{tailnet}/keys/{id}", "", IsRepeatable: true);

    public static TailscaleCall GetPolicy => new(HttpMethod.Get, "/tailnet/{tailnet}/acl", "policy_file:read", IsRepeatable: true);

    public static TailscaleCall GetDnsPreferences => new(HttpMethod.Get, "/tailnet/{tailnet}/dns/preferences", "dns:read", IsRepeatable: true);

    /// <summary>Nothing but the tailnet can be what a 404 did not find.</summary>
    public bool NamesOnlyTheTailnet => Template.StartsWith("/tailnet/", StringComparison.Ordinal) && !Template.Contains("{id}", StringComparison.Ordinal);

    public override string ToString() => $"{Method} {Template}";
}
