namespace Automation.Routes;

/// <summary>The tags of a VPC that people set, or that are set for them to see.</summary>
public static class VpcTags
{
    /// <summary>What people want: <c>false</c> keeps the VPC out of the tailnet.</summary>
    public const string Advertise = "tailscale:advertise";

    /// <summary>What people want where VPCs overlap: <c>plain</c> or <c>via6</c>.</summary>
    public const string Overlap = "tailscale:overlap";

    /// <summary>The 4via6 site id, written for people; the ledger decides.</summary>
    public const string SiteId = "tailscale:site-id";
}
