using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Automation.Names;
using Automation.Network;
using Automation.Nodes;

namespace Automation.Plans;

public enum Effect
{
    Add,
    Change,
    Remove,
}

/// <summary>One step of a plan, complete: carrying it out needs no further choice. Its text is its line for people.</summary>
public abstract record PlanAction
{
    private PlanAction()   // closed: every case is in this file
    {
    }

    /// <summary>Gives a running node that is not in the tailnet an auth key and its settings.</summary>
    public sealed record RegisterNode(Scope Scope, InstanceId Instance, string HostName) : PlanAction;

    /// <summary>Hands an instance that hooks of ours hold, and to which nobody attends, to NodeLifecycle, and lets the ledger say so.</summary>
    /// <param name="Role">What the ledger remembers it by.</param>
    /// <param name="Hooks">Their names.</param>
    public sealed record AttendHook(Scope Scope, Instance Instance, string Role, HeldFor For, ImmutableArray<string> Hooks) : PlanAction
    {
        public string Names => string.Join(" and ", Hooks);
    }

    /// <summary>Gives a device of ours back the tags of its roles; those that it has beside them stay.</summary>
    /// <param name="All">Every tag that it is to have.</param>
    public sealed record TagDevice(InstanceId Instance, DeviceId Device, string HostName, ImmutableArray<string> Added, ImmutableArray<string> All) : PlanAction;

    /// <summary>Writes into the ledger which device a node has and which prefixes are ours on it.</summary>
    public sealed record RecordNode(Scope Scope, VpcId Vpc, InstanceId Instance, string Role, DeviceId Device, string HostName, PrefixSet Routes) : PlanAction;

    /// <summary>Writes into the ledger that a router was found not to reach its VPC: remembered while it cannot be asked.</summary>
    public sealed record DrainNode(InstanceId Instance, string HostName, DateTimeOffset UnhealthyAt) : PlanAction;

    /// <summary>Strikes from a router's ledger entry that it leaves, or is unhealthy: it did not, or no longer is.</summary>
    /// <param name="GoneAt">The mark that is out of date; null where there is none.</param>
    /// <param name="UnhealthyAt">The mark that is out of date; null where there is none.</param>
    public sealed record ReturnNode(InstanceId Instance, string HostName, DateTimeOffset? GoneAt, DateTimeOffset? UnhealthyAt) : PlanAction;

    /// <summary>Enables prefixes on a device; what else is enabled stays.</summary>
    public sealed record ApproveRoutes(DeviceId Device, string HostName, PrefixSet Added) : PlanAction;

    /// <summary>Adds to what a node advertises, with the SSM document; the exit-node flag stays.</summary>
    /// <param name="All">Everything that it is to advertise: the document sets it as a whole.</param>
    /// <param name="Seen">What it advertised when planning: what is new since then stays.</param>
    public sealed record AdvertiseRoutes(Scope Scope, InstanceId Instance, DeviceId Device, string HostName, PrefixSet All, PrefixSet Seen) : PlanAction;

    /// <summary>Takes from what a node advertises, with the SSM document; the exit-node flag stays.</summary>
    /// <param name="All">Everything that it is to go on advertising.</param>
    /// <param name="Seen">What it advertised when planning: what is new since then stays.</param>
    public sealed record UnadvertiseRoutes(Scope Scope, InstanceId Instance, DeviceId Device, string HostName, PrefixSet Removed, PrefixSet All, PrefixSet Seen, Handover Handover) : PlanAction;

    /// <summary>Disables prefixes on a device that the automation once wanted there and now does not; what else is enabled stays.</summary>
    public sealed record TrimRoutes(InstanceId Instance, DeviceId Device, string HostName, PrefixSet Removed, PrefixSet Kept, Handover Handover) : PlanAction;

    /// <summary>Forwards a domain to resolvers. The ledger is written first.</summary>
    /// <param name="Expected">What the tailnet had when planning; null where it had nothing.</param>
    public sealed record SetSplitDns(DomainRecord Wanted, ImmutableArray<string>? Expected) : PlanAction;

    /// <summary>Stops forwarding a domain that the automation owns.</summary>
    public sealed record RemoveSplitDns(string Domain, ImmutableArray<string> Expected) : PlanAction;

    /// <summary>Writes into the ledger that the tailnet has a domain as the automation set it.</summary>
    public sealed record ConfirmSplitDns(DomainRecord Record) : PlanAction;

    /// <summary>Strikes a domain from the ledger that the tailnet no longer has as the automation set it.</summary>
    public sealed record ForgetSplitDns(string Domain) : PlanAction;

    /// <summary>Associates a router's VPC with a private hosted zone; across accounts the zone's owner authorises it first. The ledger is written first of all.</summary>
    public sealed record AssociateZone(AssociationRecord Wanted) : PlanAction;

    /// <summary>Waits until all of Route 53's servers have an association, takes back the authorisation for it, and writes that into the ledger.</summary>
    public sealed record AwaitAssociation(AssociationRecord Record) : PlanAction;

    /// <summary>Undoes an association that the automation made.</summary>
    public sealed record DissociateZone(AssociationRecord Record) : PlanAction;

    /// <summary>Strikes an association from the ledger that is no more.</summary>
    public sealed record ForgetAssociation(AssociationRecord Record) : PlanAction;

    /// <summary>Gives a router the configuration of its DNS64 resolver, with an SSM document that ends well only once the resolver answers.</summary>
    public sealed record SetDns64(Scope Scope, InstanceId Instance, string HostName, Dns64 Wanted) : PlanAction;

    /// <summary>Deletes a device whose instance is gone, or has joined anew as another device.</summary>
    public sealed record DeleteDevice(InstanceId Instance, DeviceId Device, string HostName, string Reason) : PlanAction;

    /// <summary>Revokes an auth key that no instance will use.</summary>
    public sealed record RevokeKey(KeyId Key, InstanceId Instance) : PlanAction;

    /// <summary>Deletes parameters of a node.</summary>
    public sealed record DeleteParameters(Scope Scope, InstanceId Instance, ImmutableArray<string> Leaves) : PlanAction;

    /// <summary>Strikes a node from the ledger, once nothing is left of it.</summary>
    public sealed record ForgetNode(InstanceId Instance) : PlanAction;

    /// <summary>Mints an auth key for a pool, writes it into the ledger, and puts it into the pool's parameter.</summary>
    /// <param name="Expected">The ledger's entry when planning; null where it had none.</param>
    /// <param name="Left">The key that was in use, which is left to expire.</param>
    /// <param name="Superseded">Usable keys of the pool that nobody is to use any more; they are revoked first.</param>
    public sealed record RotatePoolKey(
        KeyPool Pool, ImmutableArray<string> Tags, PoolRecord? Expected, ExpiringKey? Left, ImmutableArray<KeyId> Superseded, string Why) : PlanAction;

    /// <summary>Revokes an auth key of a pool that nobody will use.</summary>
    public sealed record RevokePoolKey(KeyId Key, string Pool) : PlanAction;

    /// <summary>Deletes the parameter of a pool that is no longer wanted.</summary>
    public sealed record DeletePoolParameter(string Pool) : PlanAction;

    /// <summary>Strikes a pool from the ledger, once nothing is left of it.</summary>
    public sealed record ForgetPool(PoolRecord Record) : PlanAction;

    /// <summary>Gives a VPC its 4via6 site id, in the ledger.</summary>
    public sealed record AssignSite(Scope Scope, VpcId Vpc, int Site) : PlanAction;

    /// <summary>Writes into the ledger by which prefixes a VPC with a site is reached as they are, for the day when all its routers are gone at once.</summary>
    public sealed record RememberPlain(VpcId Vpc, int Site, PrefixSet Prefixes) : PlanAction;

    /// <summary>Lets the site id of a VPC that is no more rest, in the ledger, until it may be given again.</summary>
    public sealed record ReleaseSite(VpcId Vpc, int Site) : PlanAction;

    /// <summary>Writes a VPC's site id on the VPC as a tag, for people to see.</summary>
    public sealed record TagSite(Scope Scope, VpcId Vpc, int Site) : PlanAction;

    public string Kind => GetType().Name;

    public string Target => this switch
    {
        RegisterNode a => a.Instance.ToString(),
        AttendHook a => a.Instance.Id.ToString(),
        TagDevice a => a.Device.ToString(),
        RecordNode a => a.Instance.ToString(),
        DrainNode a => a.Instance.ToString(),
        ReturnNode a => a.Instance.ToString(),
        ApproveRoutes a => a.Device.ToString(),
        AdvertiseRoutes a => a.Instance.ToString(),
        UnadvertiseRoutes a => a.Instance.ToString(),
        TrimRoutes a => a.Device.ToString(),
        SetSplitDns a => a.Wanted.Domain,
        RemoveSplitDns a => a.Domain,
        ConfirmSplitDns a => a.Record.Domain,
        ForgetSplitDns a => a.Domain,
        AssociateZone a => a.Wanted.Zone.ToString(),
        AwaitAssociation a => a.Record.Zone.ToString(),
        DissociateZone a => a.Record.Zone.ToString(),
        ForgetAssociation a => a.Record.Zone.ToString(),
        SetDns64 a => a.Instance.ToString(),
        DeleteDevice a => a.Device.ToString(),
        RevokeKey a => a.Key.ToString(),
        DeleteParameters a => a.Instance.ToString(),
        ForgetNode a => a.Instance.ToString(),
        RotatePoolKey a => a.Pool.Name,
        RevokePoolKey a => a.Key.ToString(),
        DeletePoolParameter a => a.Pool,
        ForgetPool a => a.Record.Name,
        AssignSite a => a.Vpc.ToString(),
        RememberPlain a => a.Vpc.ToString(),
        ReleaseSite a => a.Vpc.ToString(),
        TagSite a => a.Vpc.ToString(),
        _ => throw new UnreachableException(),
    };

    public Effect Effect => this switch
    {
        ApproveRoutes or AssignSite or AssociateZone or RegisterNode or TagDevice => Effect.Add,
        SetSplitDns { Expected: null } or RotatePoolKey { Expected.Key: null } or RotatePoolKey { Expected: null } => Effect.Add,
        AttendHook or RecordNode or DrainNode or ReturnNode or TagSite or RememberPlain or AdvertiseRoutes or SetSplitDns or ConfirmSplitDns or AwaitAssociation or SetDns64 or RotatePoolKey => Effect.Change,
        _ => Effect.Remove,
    };

    public sealed override string ToString() => this switch
    {
        RegisterNode a => $"give {a.Instance} an auth key, to join as {a.HostName}",
        AttendHook a => $"attend to {a.Names}, which {(a.Hooks.Length == 1 ? "holds" : "hold")} {a.Instance.Id}: its news was lost",
        TagDevice a => $"tag {a.HostName} with {string.Join(", ", a.Added)} again",
        RecordNode a when a.Routes.IsEmpty => $"record {a.HostName} as device {a.Device}",
        RecordNode a => $"record {a.HostName} as device {a.Device} with {a.Routes}",
        DrainNode a => $"remember that {a.HostName} is unhealthy",
        ReturnNode { UnhealthyAt: null } a => $"{a.HostName} no longer counts as leaving",
        ReturnNode { GoneAt: null } a => $"{a.HostName} no longer counts as unhealthy",
        ReturnNode a => $"{a.HostName} no longer counts as leaving and unhealthy",
        ApproveRoutes a => $"approve {a.Added} on {a.HostName}",
        AdvertiseRoutes a => $"advertise {a.All} on {a.HostName}",
        UnadvertiseRoutes a => $"stop advertising {a.Removed} on {a.HostName}",
        TrimRoutes a => $"withdraw {a.Removed} from {a.HostName}",
        SetSplitDns { Expected: null } a => $"forward {a.Wanted.Domain} to {string.Join(", ", a.Wanted.Resolvers)}",
        SetSplitDns a => $"forward {a.Wanted.Domain} to {string.Join(", ", a.Wanted.Resolvers)} instead of {string.Join(", ", a.Expected!)}",
        RemoveSplitDns a => $"stop forwarding {a.Domain}",
        ConfirmSplitDns a => $"confirm {a.Record.Domain} in the ledger",
        ForgetSplitDns a => $"forget {a.Domain} in the ledger",
        AssociateZone a => $"associate {a.Wanted.Vpc} with zone {a.Wanted.Zone}, {a.Wanted.Name}",
        AwaitAssociation a => $"wait until {a.Record.Vpc} is in sync with zone {a.Record.Zone}, {a.Record.Name}",
        DissociateZone a => $"dissociate {a.Record.Vpc} from zone {a.Record.Zone}, {a.Record.Name}",
        ForgetAssociation a => $"forget the association of {a.Record.Vpc} with zone {a.Record.Zone} in the ledger",
        SetDns64 a => $"let {a.HostName} answer names {a.Wanted}",
        DeleteDevice a => $"delete device {a.Device} of {a.HostName}: {a.Reason}",
        RevokeKey a => $"revoke auth key {a.Key} of {a.Instance}",
        DeleteParameters a => $"delete {string.Join(" and ", a.Leaves)} of {a.Instance}",
        ForgetNode a => $"forget {a.Instance} in the ledger",
        RotatePoolKey a => $"mint an auth key for pool {a.Pool.Name}, as {a.Why}{(a.Superseded.IsEmpty ? "" : $", and revoke {string.Join(" and ", a.Superseded)} first")}",
        RevokePoolKey a => $"revoke auth key {a.Key} of pool {a.Pool}",
        DeletePoolParameter a => $"delete the auth key parameter of pool {a.Pool}",
        ForgetPool a => $"forget pool {a.Record.Name} in the ledger",
        AssignSite a => string.Create(CultureInfo.InvariantCulture, $"give {a.Vpc} the 4via6 site id {a.Site}"),
        RememberPlain a => $"remember that {a.Vpc} is reached by {a.Prefixes} as {(a.Prefixes.Count == 1 ? "it is" : "they are")}",
        ReleaseSite a => string.Create(CultureInfo.InvariantCulture, $"let the 4via6 site id {a.Site} of {a.Vpc} rest"),
        TagSite a => string.Create(CultureInfo.InvariantCulture, $"tag {a.Vpc} with its 4via6 site id {a.Site}"),
        _ => throw new UnreachableException(),
    };
}

/// <summary>Prefixes that are taken from a node only because others serve them.</summary>
/// <param name="To">The devices that do, or are to by steps before.</param>
public sealed record Handover(PrefixSet Prefixes, ImmutableArray<DeviceId> To)
{
    public static readonly Handover None = new(PrefixSet.Empty, []);
}
