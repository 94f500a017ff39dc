using System.Collections.Immutable;

namespace Automation.Names;

/// <summary>How far names can be asked for in a VPC.</summary>
internal enum Answer
{
    /// <summary>Certainly not: the VPC opted out, has DNS off, or nothing leads to a resolver of it.</summary>
    No,

    /// <summary>Not now, and what is forwarded stays: no router is in service, or its attributes, endpoints or routes could not be read.</summary>
    NotNow,

    Yes,
}

/// <summary>What answers for a VPC.</summary>
internal enum Through
{
    /// <summary>The VPC's own resolver: it answers sources inside the VPC alone, so a router's.</summary>
    VpcResolver,

    InboundEndpoint,

    /// <summary>A resolver on the VPC's routers, which answers with 4via6 addresses.</summary>
    Dns64,
}

/// <summary>Where the names of one VPC are asked for.</summary>
/// <param name="Now">Addresses that answer; of <see cref="Answer.NotNow"/>, those that are kept where they are forwarded to already.</param>
/// <param name="Later">Addresses that will answer once the steps of <paramref name="Until"/> are done.</param>
/// <param name="After">Groups of steps without which none of them is reached.</param>
internal sealed record ResolverSet(
    Answer Answer,
    Through Through,
    ImmutableArray<string> Now,
    ImmutableArray<string> Later,
    ImmutableArray<string> After,
    ImmutableArray<string> Until)
{
    public static ResolverSet None(Through through = Through.VpcResolver) => new(Answer.No, through, [], [], [], []);

    public static ResolverSet Silent(Through through, params ImmutableArray<string> kept) => new(Answer.NotNow, through, kept, [], [], []);

    public static ResolverSet Of(Through through, ImmutableArray<string> addresses, ImmutableArray<string> after) => new(Answer.Yes, through, addresses, [], after, []);

    /// <summary>The same, none of it before the steps of a group are done.</summary>
    public ResolverSet Once(string group) => Answer == Answer.Yes ? this with { Now = [], Later = [.. Now, .. Later], Until = Until.Add(group) } : this;
}
