using Automation.Names;
using Automation.Network;

namespace Automation.Nodes;

public class NodeSettingsTests
{
    private static readonly NodeSettings s_settings = NodeSettings.Of(
        NodeProfile.Of(new(InstanceId.Parse("i-00000001"), "running", "subnet-router", null, null, default), AWorld.Tags)!, [Prefix.Parse("10.0.0.0/16")]);

    [Fact]
    public void A_node_without_a_resolver_is_told_nothing_of_it() => Assert.Equal(
        """{"hostname":"subnet-router-i-00000001","advertiseRoutes":["10.0.0.0/16"],"advertiseTags":["tag:aws-router"],"flags":{"accept-dns":"false"}}""",
        s_settings.ToJson());

    [Fact]
    public void A_resolvers_configuration_is_the_last_member() =>
        Assert.EndsWith(""","flags":{"accept-dns":"false"},"dns64":"YWJj"}""", (s_settings with { Dns64 = "YWJj" }).ToJson(), StringComparison.Ordinal);

    [Fact]
    public void A_configuration_that_would_not_fit_into_a_parameter_is_left_out()
    {
        Dns64 Of(int cidrs) => new(7, Address.Parse("10.0.0.2"), PrefixSet.Of(Enumerable.Range(0, cidrs).Select(cidr => Prefix.Parse($"10.{cidr}.0.0/16"))));

        Assert.NotNull(s_settings.With(Of(2)).Dns64);
        Assert.True(s_settings.With(Of(2)).ToJson().Length <= 4096);
        Assert.Null(s_settings.With(Of(200)).Dns64);
        Assert.Null(s_settings.With(null).Dns64);
    }
}
