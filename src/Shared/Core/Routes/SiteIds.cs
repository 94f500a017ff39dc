namespace Automation.Routes;

/// <summary>Which 4via6 site ids may be given, and when one may be given again.</summary>
public static class SiteIds
{
    /// <summary>The tag on a VPC in which people see its site id.</summary>
    public const string Tag = "tailscale:site-id";

    public const int First = 1;

    /// <summary>Routers take 16 bits (tailscale/tailscale, net/netutil/routes.go).</summary>
    public const int Last = ushort.MaxValue;

    /// <summary>0x5efe makes an address look like ISATAP, which .NET and others print in another form: it would compare unequal as text.</summary>
    public const int Skipped = 24318;

    /// <summary>How long the id of a VPC that is no more rests: people and policy files still know it.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromDays(90);

    public static bool Allows(int site) => site is >= First and <= Last and not Skipped;
}
