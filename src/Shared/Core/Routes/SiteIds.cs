namespace Automation.Routes;

/// <summary>The 4via6 site ids: 16 bits of an address, so that they are few and must last.</summary>
public static class SiteIds
{
    /// <summary>0 is left alone: to a reader it means that there is none.</summary>
    public const int First = 1;

    public const int Last = 65535;

    /// <summary>0x5EFE marks an address of ISATAP (RFC 5214): .NET and others print the addresses of that site in another form, <c>..:0:5efe:10.0.0.2</c>.</summary>
    public const int Skipped = 24318;

    /// <summary>How long an id rests after its VPC is gone: people's bookmarks and caches must not lead into another VPC.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromDays(90);

    public static bool Allows(int id) => id is >= First and <= Last and not Skipped;

    public static void ThrowIfNotAllowed(int id)
    {
        if (!Allows(id))
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, "No VPC may have this 4via6 site id.");
        }
    }
}
