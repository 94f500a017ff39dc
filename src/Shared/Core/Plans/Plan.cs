using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;

namespace Automation.Plans;

/// <summary>What is to be done, in order, and what is wanted whether or not anything is to be done.</summary>
public sealed record Plan(
    ImmutableArray<PlannedStep> Steps,
    ImmutableArray<Finding> Findings,
    ImmutableArray<WantedNode> Nodes,
    ImmutableArray<WantedRouter> Routers,
    ImmutableArray<ServedPrefix> Prefixes,
    ImmutableSortedDictionary<VpcId, int> Sites,
    ImmutableArray<DomainRecord> Domains,
    ImmutableArray<AssociationRecord> Associations)
{
    /// <summary>Something in AWS is on its way to another state, which no event will announce.</summary>
    public bool IsSettling => Findings.Any(finding => finding.Rule == Finding.Settling);

    /// <summary>Nothing to do now; what is held back waits for a person and does not count.</summary>
    public bool IsEmpty => Steps.All(step => step.Held is not null);

    /// <summary>Everything that was looked at could be read.</summary>
    public bool IsComplete => !Findings.Any(finding => finding.IsIncomplete);

    public int Count(Effect effect) => Steps.Count(step => step.Held is null && step.Action.Effect == effect);

    public string Summary => $"Plan: {Count(Effect.Add)} to add, {Count(Effect.Change)} to change, {Count(Effect.Remove)} to remove.";
}

/// <summary>An action and its place among the others.</summary>
/// <param name="Group">What the step belongs to; once a step fails, later steps that come <paramref name="After"/> its group are not reached.</param>
/// <param name="After">Groups that must not have failed before this step is tried.</param>
/// <param name="Held">Why the step waits for a person; null where it does not.</param>
public sealed record PlannedStep(PlanAction Action, string Group, ImmutableArray<string> After, string? Held = null);

/// <summary>The whole wanted set of a router, also when nothing changes.</summary>
/// <param name="Advertise">Prefixes as they are.</param>
/// <param name="Via6">Prefixes in 4via6 form.</param>
/// <param name="HandedOver">What it would serve if it neither left nor were unhealthy, and others serve now or in a moment.</param>
public sealed record WantedRouter(Scope Scope, Instance Instance, VpcId Vpc, DeviceId? Device, PrefixSet Advertise, PrefixSet Via6, PrefixSet HandedOver)
{
    public PrefixSet All => Advertise.Union(Via6);
}

/// <summary>A prefix that is advertised, and what stands behind it.</summary>
/// <param name="Vpc">The VPC that it leads to; null where it leads to something behind a gateway that a person opted in to.</param>
/// <param name="Direct">Routers in the VPC itself.</param>
/// <param name="StandIns">Routers that reach the VPC from another.</param>
/// <param name="Zones">The availability zones of those that carry traffic now.</param>
public sealed record ServedPrefix(Prefix Prefix, VpcId? Vpc, ImmutableArray<InstanceId> Direct, ImmutableArray<InstanceId> StandIns, ImmutableArray<string> Zones);
