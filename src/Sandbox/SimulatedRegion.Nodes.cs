using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Network;
using Automation.Nodes;

namespace Automation.Sandbox;

/// <summary>What runs on instances: the boot script, and SSM documents.</summary>
public sealed partial class SimulatedRegion
{
    /// <summary>Runs an SSM document on a node: what it does there, and how it ends, is so at once.</summary>
    /// <returns>The command's id.</returns>
    internal string Command(string document, InstanceId id, string? parameter, string value)
    {
        var command = string.Create(CultureInfo.InvariantCulture, $"command-{_commands.Count + 1}");
        if (Find(id) is { AgentIsSilent: true })
        {
            _commands.Add(command, new(IsOver: false, Succeeded: false, "Pending", ""));
            return command;
        }

        var problem = (document, parameter) switch
        {
            ("Tailnet-SetRoutes", "routes") => SetRoutes(id, value),
            ("Tailnet-SetDns64", "config") => SetDns64(id, value),
            ("Tailnet-Probe", null) => Find(id) is { IsCutOff: true } ? $"{HealthObserver.Unhealthy}the VPC's resolver does not answer" : null,
            _ => throw new CallFailedException(Failure.Invalid, "SSM", "SendCommand", "InvalidDocument", $"There is no document {document} with a parameter {parameter}."),
        };
        _commands.Add(command, problem is null ? new(IsOver: true, Succeeded: true, "Success", "") : new(IsOver: true, Succeeded: false, "Failed", problem));
        return command;
    }

    internal CommandStatus HowFares(string command) =>
        _commands.TryGetValue(command, out var status) ? status : throw new CallFailedException(Failure.NotFound, "SSM", "GetCommandInvocation", "InvocationDoesNotExist", $"There is no command {command}.");

    private string? SetRoutes(InstanceId id, string routes) =>
        Find(id) is { State: "running", Device: { } device } && tailnet.Advertise(device, PrefixSet.Of(routes.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Prefix.Parse)))
            ? null
            : NotLoggedIn;

    private string? SetDns64(InstanceId id, string config)
    {
        if (Find(id) is not { State: "running", Device: not null } instance)
        {
            return NotLoggedIn;
        }

        if (!instance.Dns64)
        {
            return "named is not installed: the instance has no tag tailscale:dns64 = true";
        }

        if (instance.NamedIsBroken)
        {
            return "named does not answer";
        }

        instance.Dns64Configuration = Encoding.UTF8.GetString(Convert.FromBase64String(config));
        return null;
    }

    // At once where both parameters are there, unless the tailnet has refused that key.
    private DateTimeOffset? MayBoot(SimulatedInstance instance) =>
        Read(instance.Id, NodeParameters.Settings, out _) && Read(instance.Id, NodeParameters.AuthKey, out var key) && key != instance.RefusedKey
            ? instance.LaunchedAt + s_bootTime
            : null;

    private void Boot(SimulatedInstance instance)
    {
        // The boot script waits for both parameters; the key is the last to be written.
        if (!Read(instance.Id, NodeParameters.AuthKey, out var key) || !Read(instance.Id, NodeParameters.Settings, out var settings))
        {
            return;
        }

        var wanted = JsonNode.Parse(settings)!;
        var routes = PrefixSet.Of(wanted["advertiseRoutes"]!.AsArray().Select(route => Prefix.Parse((string?)route)));
        instance.Flags = wanted["flags"]!.AsObject().ToDictionary(flag => flag.Key, flag => (string)flag.Value!);
        if (instance.Flags.GetValueOrDefault("advertise-exit-node") == "true")
        {
            routes = routes.Union(NodeProfile.DefaultRoutes);
        }

        try
        {
            instance.Device = tailnet.Join(new Secret(key), (string)wanted["hostname"]!, routes);
        }
        catch (JoinRefusedException refused)
        {
            (instance.Complaint, instance.RefusedKey) = (refused.Message, key);
        }
    }

    private bool Read(InstanceId id, string leaf, out string value)
    {
        var parameter = _parameters.FirstOrDefault(entry => entry.Key.EndsWith($"/nodes/{id}/{leaf}", StringComparison.Ordinal)).Value;
        value = parameter?.Value ?? "";
        return parameter is not null;
    }
}
