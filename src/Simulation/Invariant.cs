namespace Automation.Simulation;

/// <summary>What must hold in every story.</summary>
public sealed record Invariant(string Name, string Text)
{
    public static readonly Invariant ForeignDevices = new("foreign-devices", "No device of others is touched.");
    public static readonly Invariant ForeignDomains = new("foreign-domains", "No split-DNS entry of others is touched.");
    public static readonly Invariant LiveNodes = new("live-nodes", "No device of a node that runs and is not leaving is deleted.");
    public static readonly Invariant LastWay = new("last-way", "The last way into a VPC is not withdrawn while it leads there, but one that another function has made since this one read.");
    public static readonly Invariant RightVpc = new("right-vpc", "No prefix is approved that leads to another VPC than it does elsewhere; at rest, none does.");
    public static readonly Invariant StableSites = new("stable-sites", "A VPC's site id never changes, and is never another's.");
    public static readonly Invariant OneKey = new("one-key", "An instance has one usable key, and one more for each answer or process that was lost since.");
    public static readonly Invariant Hooks = new("hooks", "Every lifecycle hook is answered before it times out, unless two faults meet it, such as news that is lost and a process that ends, or the lost news is of what is no node.");
    public static readonly Invariant ForeignHooks = new("foreign-hooks", "No lifecycle hook of others is answered.");
    public static readonly Invariant Secrets = new("secrets", "No secret is in a log line, a report, a plain parameter or the ledger.");
    public static readonly Invariant NoCrash = new("no-crash", "No function ends in an error that it does not know.");
    public static readonly Invariant AtRest = new("at-rest", "When faults stop, two looks do what is left to do: the next plan is empty.");
    public static readonly Invariant AsWanted = new("as-wanted", "At rest each range of a VPC that some node reaches is reached from the tailnet, and what is forwarded is answered.");
    public static readonly Invariant Clean = new("clean", "At rest nothing is left of instances that have ended: no device, no parameter, no usable key.");

    public static IReadOnlyList<Invariant> All { get; } =
        [ForeignDevices, ForeignDomains, ForeignHooks, LiveNodes, LastWay, RightVpc, StableSites, OneKey, Hooks, Secrets, NoCrash, AtRest, AsWanted, Clean];
}

/// <summary>An invariant that does not hold, and where.</summary>
public sealed record Violation(Invariant Invariant, string Text);
