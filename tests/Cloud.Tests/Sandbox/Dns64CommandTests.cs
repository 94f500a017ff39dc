using System.Text;
using Automation.Aws;
using Automation.Nodes;
using static Automation.Nodes.ANetwork;

namespace Automation.Sandbox;

public sealed class Dns64CommandTests
{
    private readonly ANetwork _network = new();

    private ISsm Ssm => ((IAws)_network.World.Aws).In(_network.World.Home).Ssm;

    [Fact]
    public async Task A_node_with_the_tag_takes_the_configuration_of_its_resolver()
    {
        await _network.WithAsync(Blue);
        var node = _network.Region.Instance(Blue);
        Assert.False(node.Shown.Dns64);
        node.Dns64 = true;

        Assert.Equal("Success", (await SendAsync()).Status);
        Assert.Equal("site 7", node.Dns64Configuration);
        Assert.True(node.Shown.Dns64);
    }

    [Fact]
    public async Task Without_the_tag_with_a_broken_resolver_or_before_it_has_joined_the_command_fails()
    {
        await _network.WithAsync(Blue);
        var node = _network.Region.Instance(Blue);
        Assert.StartsWith("named is not installed", await FailAsync(), StringComparison.Ordinal);

        (node.Dns64, node.NamedIsBroken) = (true, true);
        Assert.Equal("named does not answer", await FailAsync());

        (node.NamedIsBroken, node.Device) = (false, null);
        Assert.StartsWith("tailscaled is not running", await FailAsync(), StringComparison.Ordinal);
        Assert.Null(node.Dns64Configuration);
    }

    [Fact]
    public async Task A_document_that_is_not_there_is_refused() =>
        Assert.Equal("InvalidDocument", (await Assert.ThrowsAsync<CallFailedException>(() => Ssm.SendCommandAsync("Other", Blue, "config", "", TestContext.Current.CancellationToken))).Code);

    private async Task<string> FailAsync()
    {
        var status = await SendAsync();
        Assert.Equal((true, false, "Failed"), (status.IsOver, status.Succeeded, status.Status));
        return status.Detail;
    }

    private async Task<CommandStatus> SendAsync()
    {
        var config = Convert.ToBase64String(Encoding.UTF8.GetBytes("site 7"));
        var command = await Ssm.SendCommandAsync("Tailnet-SetDns64", Blue, "config", config, TestContext.Current.CancellationToken);
        return await Ssm.GetCommandInvocationAsync(command, Blue, TestContext.Current.CancellationToken);
    }
}
