"""Safety rules, each with the change of the program that breaks it.

A rule is caught by the simulator, or by the test classes that are named with it.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...] = ()


CORE, CLOUD = "src/Shared/Core/", "src/Shared/Cloud/"

RULES = [
    Rule("what was not read withdraws nothing", CORE + "Routes/Withdrawals.cs",
         "|| !_read.Contains(duty.Scope) || _uncertain", "|| _uncertain", ("Core.Tests Automation.Routes.RoutePlannerTests",)),
    Rule("additions go before withdrawals", CORE + "Plans/ReconcilePlanner.cs",
         "[.. additions.OrderBy(Rank), .. withdrawals.OrderBy(Rank)]", "[.. withdrawals.OrderBy(Rank), .. additions.OrderBy(Rank)]", ("Core.Tests Automation.Routes.EveryNetworkTests",)),
    Rule("a route is approved before it is advertised", CORE + "Plans/ReconcilePlanner.cs",
         "PlanAction.ApproveRoutes => 3,\n        PlanAction.AdvertiseRoutes => 4,", "PlanAction.ApproveRoutes => 4,\n        PlanAction.AdvertiseRoutes => 3,", ("Core.Tests Automation.Routes.RoutePlannerTests",)),
    Rule("a device that is gone already is deleted", CLOUD + "Tailscale/TailscaleClient.cs",
         "SendUnlessGoneAsync(TailscaleCall.DeleteDevice,", "SendOkAsync(TailscaleCall.DeleteDevice,", ("Cloud.Tests Automation.Tailscale.TailscaleClientTests",)),
    Rule("a site id stays with its VPC", CORE + "Routes/SitePlanner.cs",
         "            if (sites.ContainsKey(vpc))\n            {\n                continue;\n            }\n", "", ("Core.Tests Automation.Routes.OverlapTests",)),
    Rule("a site id is not given again while it rests", CORE + "Routes/SitePlanner.cs",
         "seen.ObservedAt - released < SiteIds.Rest", "false", ("Core.Tests Automation.Routes.OverlapTests",)),
    Rule("no site id is given while the ledger is not read", CORE + "Routes/SitePlanner.cs",
         "if (!seen.Sites.IsComplete)   //", "if (false)   //", ("Core.Tests Automation.Routes.EveryNetworkTests",)),
    Rule("another team's hook is not answered", CLOUD + "Nodes/LifecycleHook.cs",
         "=> new GroupHook(held.Group, held.Hook, held.Leaving).IsOurs", "=> held.Hook.Length > 0", ("Cloud.Tests Automation.Nodes.NodeFailureTests", "Cloud.Tests Automation.Nodes.NodeLaunchTests", "Cloud.Tests Automation.Nodes.ComeAndGoTests")),
    Rule("only a silent device is deleted", CORE + "Nodes/CleanupPlanner.cs",
         "case Fate.Gone when silent:", "case Fate.Gone:", ("Core.Tests Automation.Nodes.CleanupPlannerTests",)),
    Rule("a device is silent for ten minutes before it is deleted", CORE + "Nodes/NodeFate.cs",
         "Grace = TimeSpan.FromMinutes(10)", "Grace = TimeSpan.FromMinutes(0)", ("Core.Tests Automation.Nodes.CleanupPlannerTests",)),
    Rule("many deletions at once are held", CORE + "Nodes/CleanupPlanner.cs",
         "if (deletions.Length > most)", "if (deletions.Length > 1000 * most)", ("Core.Tests Automation.Nodes.CleanupPlannerTests",)),
    Rule("the last router of a VPC is not deleted", CORE + "Nodes/CleanupPlanner.cs",
         "if (unread || (!shown.IsEmpty", "if (unread && (!shown.IsEmpty", ("Core.Tests Automation.Nodes.CleanupPlannerTests",)),
    Rule("an instance is gone only where its scope was read", CORE + "Nodes/NodeFate.cs",
         "is { } record && _complete.Contains(record.Scope) &&", "is { } record &&", ("Core.Tests Automation.Nodes.CleanupPlannerTests",)),
    Rule("a deletion looks again whether the device is connected", CLOUD + "Nodes/NodesApplier.cs",
         "if (device.Connected)", "if (false)", ("Cloud.Tests Automation.Reports.PlanApplierTests", "Cloud.Tests Automation.Reports.ReconcileTests")),
    Rule("what somebody else enabled stays enabled", CLOUD + "Routes/RoutesApplier.cs",
         "routes.Enabled.Union(step.Added)", "step.Added", ("Cloud.Tests Automation.Reports.PlanApplierTests", "Cloud.Tests Automation.Reports.ReconcileTests")),
    Rule("only what is ours is trimmed", CLOUD + "Routes/RoutesApplier.cs",
         "routes.Enabled.Except(step.Removed), stopping)", "PrefixSet.Empty, stopping)", ("Cloud.Tests Automation.Reports.PlanApplierTests", "Cloud.Tests Automation.Reports.ReconcileTests")),
    Rule("a newcomer takes no address from people who use it", CORE + "Routes/Overlaps.cs",
         "            && (!overlapping.Contains(claim)", "            && (true || !overlapping.Contains(claim)", ("Core.Tests Automation.Routes.OverlapTests",)),
    Rule("what a former router serves is in use", CORE + "Routes/Overlaps.cs",
         ".Concat(incumbents.Left.Select(left => new Claim(left.Prefix, left.Vpc)))", "", ("Core.Tests Automation.Routes.OverlapTests",)),
    Rule("what only a device of a gone router has may be another's", CORE + "Routes/Overlaps.cs",
         "            && (incumbents.LiveOf(claim.Vpc)", "            && (true || incumbents.LiveOf(claim.Vpc)", ("Core.Tests Automation.Routes.OverlapTests",)),
    Rule("a VPC that is opted out is not served", CORE + "Routes/ServedVpc.cs",
         "public bool IsOptedOut => Vpc.Advertise == OptedOut;", "public bool IsOptedOut => false;", ("Core.Tests Automation.Routes.RoutePlannerTests",)),
    Rule("refused ranges are not advertised", CORE + "Routes/ServedVpc.cs",
         "return why is null;", "return true;", ("Core.Tests Automation.Routes.RoutePlannerTests",)),
    Rule("stand-ins wait while a router blinks", CORE + "Routes/VpcService.cs",
         "|| direct.Any(router => MayBlink(seen, router)));", ");", ("Core.Tests Automation.Routes.EveryNetworkTests",)),
    Rule("a domain that somebody else set is left alone", CORE + "Names/NamePlanner.cs",
         "            case ({ } resolvers, null):\n                findings.Add(", "            case ({ } resolvers, null):\n                Forward(resolvers);\n                findings.Add(", ("Core.Tests Automation.Names.NamePlannerTests",)),
    Rule("split DNS is read again just before it is written", CLOUD + "Names/NamesApplier.cs",
         "        if (!Same(current, step.Expected))\n        {\n            return new StepOutcome.Stale($\"it is forwarded to {Text(current)} by now\");\n        }\n\n        if (current is null)", "        if (current is null)", ("Cloud.Tests Automation.Names.NamesApplierTests",)),
    Rule("a domain is owned before it is set", CLOUD + "Names/NamesApplier.cs",
         "            if (!await ledger.PutDomainAsync(claim, record, stopping))", "            if (false && !await ledger.PutDomainAsync(claim, record, stopping))", ("Cloud.Tests Automation.Names.NamesApplierTests",)),
    Rule("what nobody else answers stays forwarded", CORE + "Names/WantedNames.cs",
         "return left.IsEmpty ? null : WantedDomain.AsItIs(record! with { Resolvers = left }, has);", "return null;", ("Core.Tests Automation.Names.NamePlannerTests",)),
    Rule("a key that was lost is revoked before another is minted", CLOUD + "Nodes/NodeRegistration.cs",
         "            await tailscale.DeleteKeyAsync(lost, stopping);", "            _ = lost;", ("Cloud.Tests Automation.Nodes.NodeFailureTests", "Cloud.Tests Automation.Nodes.NodeLaunchTests")),
    Rule("of two that register a node one gives its key back", CLOUD + "Nodes/NodeRegistration.cs",
         "                await tailscale.DeleteKeyAsync(key.Id, stopping);\n                return null;", "                return null;", ("Cloud.Tests Automation.Nodes.NodeFailureTests", "Cloud.Tests Automation.Nodes.NodeLaunchTests")),
    Rule("a person who removes a device means it", CORE + "Nodes/LaunchPlanner.cs",
         "record?.Device is null || record.RegisteredAt < instance.LaunchedAt;", "true;", ("Core.Tests Automation.Nodes.LaunchPlannerTests",)),
    Rule("a node that never joins is given up in time", CORE + "Nodes/LaunchPlanner.cs",
         "? new LaunchStep.GiveUp($\"it has not joined", "? new LaunchStep.Wait($\"it has not joined", ("Core.Tests Automation.Nodes.LaunchPlannerTests",)),
    Rule("the automation keeps no instance from dying", CLOUD + "Nodes/NodeLeave.cs",
         "            await hook.CompleteAsync(LifecycleResult.Continue, stopping.IsCancellationRequested ? last.Token : stopping);", "            await Task.CompletedTask.WaitAsync(last.Token);", ("Cloud.Tests Automation.Nodes.HookAnswerTests",)),
    Rule("a node that leaves is marked before the tailnet is heard", CLOUD + "Nodes/NodeRemains.cs",
         "var marked = record with { GoneAt = time.GetUtcNow() };", "var marked = record with { GoneAt = null };", ("Cloud.Tests Automation.Nodes.NodeLeaveTests",)),
    Rule("a hook whose news was lost is attended to", CORE + "Plans/ReconcilePlanner.cs",
         "        HookPlanner.Plan(seen, additions, findings);\n", "", ("Core.Tests Automation.Nodes.HookPlannerTests",)),
    Rule("tags of a device that others gave stay", CLOUD + "Nodes/NodesApplier.cs",
         "[.. device.Tags.Union(step.All)]", "step.Added", ("Cloud.Tests Automation.Nodes.ComeAndGoTests",)),
    Rule("a malformed message comes again", CLOUD + "Nodes/NodeLifecycleHandler.cs",
         "            await _redelivery.ComeBackAsync(record, Redelivery.AtOnce, stopping);\n            return false;", "            await Task.CompletedTask;\n            return true;", ("Cloud.Tests Automation.Nodes.NodeFailureTests", "Fuzz.Tests")),
    Rule("news is answered only by a look that began after it", CLOUD + "Reports/ReconcileHandler.cs",
         "&& happened <= began - s_settled;", "&& happened >= DateTimeOffset.MinValue;", ("Cloud.Tests Automation.Reports.ReconcileTests",)),
    Rule("no secret is logged", CLOUD + "Nodes/NodeRegistration.cs",
         "        return key.Id;\n", "        LogKeyLeft(log, key.Value.Reveal(), \"\");\n        return key.Id;\n", ("Cloud.Tests Automation.Reports.SecrecyTests",)),
]
