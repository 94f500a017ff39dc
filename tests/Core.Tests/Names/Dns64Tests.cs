using System.Text;
using Automation.Network;

namespace Automation.Names;

public class Dns64Tests
{
    private static readonly Dns64 s_dns64 = new(7, Address.Parse("10.0.0.2"), [Prefix.Parse("10.0.0.0/16"), Prefix.Parse("100.70.128.0/17")]);

    [Fact]
    public void It_listens_to_the_tailnet_alone_and_asks_the_VPCs_resolver_alone()
    {
        var text = s_dns64.ToConfiguration();

        Assert.Contains(" listen-on port 53 { 100.64.0.0/10; };\n listen-on-v6 port 53 { fd7a:115c:a1e0::/48; };\n listen-on port 10053 { 127.0.0.1; };\n", text, StringComparison.Ordinal);
        Assert.Contains("acl asking { 100.64.0.0/10; fd7a:115c:a1e0::/48; 127.0.0.2; 127.0.0.3; };\n", text, StringComparison.Ordinal);
        Assert.Contains("view answer {\n match-clients { 100.64.0.0/10; fd7a:115c:a1e0::/48; };\n", text, StringComparison.Ordinal);
        Assert.Contains(" forwarders { 10.0.0.2 port 53; };\n", text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split("forwarders {").Length - 1);
        Assert.DoesNotContain("forward first", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Exactly_the_VPCs_IPv4_addresses_are_translated_and_taken_away()
    {
        var text = (s_dns64 with { Cidrs = s_dns64.Cidrs.Union([Prefix.Parse("2600:1f18::/56")]) }).ToConfiguration();

        Assert.Equal(s_dns64.ToConfiguration(), text);
        Assert.Contains("dns64 fd7a:115c:a1e0:b1a:0:7::/96 { clients { any; }; mapped { 10.0.0.0/16; 100.70.128.0/17; };", text, StringComparison.Ordinal);
        Assert.Contains("deny-answer-addresses { 10.0.0.0/16; 100.70.128.0/17; };", text, StringComparison.Ordinal);
        Assert.EndsWith("\n16.0.0.0.10.rpz-ip CNAME *.\n17.0.128.70.100.rpz-ip CNAME *.\n*/\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_addresses_nothing_is_translated() =>
        Assert.Contains("mapped { none; };", (s_dns64 with { Cidrs = [] }).ToConfiguration(), StringComparison.Ordinal);

    [Fact]
    public void The_mark_is_short_and_differs_where_the_configuration_does()
    {
        Dns64[] others =
        [
            s_dns64 with { Site = 8 }, s_dns64 with { Resolver = Address.Parse("10.0.0.3") }, s_dns64 with { Cidrs = [Prefix.Parse("10.0.0.0/16")] },
        ];

        Assert.Matches("^[0-9a-f]{16}$", s_dns64.Mark);
        Assert.Equal(s_dns64.Mark, (s_dns64 with { Site = 7 }).Mark);
        Assert.Equal(4, others.Append(s_dns64).Select(dns64 => dns64.Mark).Distinct().Count());
    }

    /// <remarks>The document takes 16,000 characters. A settings parameter holds 4,096, routes and tags included.</remarks>
    [Fact]
    public void It_is_short_enough_to_be_sent_to_a_node()
    {
        var full = s_dns64 with { Site = 65534, Cidrs = PrefixSet.Of(Enumerable.Range(0, 50).Select(i => Prefix.Parse($"172.31.{i + 100}.128/28"))) };

        Assert.InRange(Convert.ToBase64String(Encoding.UTF8.GetBytes(s_dns64.ToConfiguration())).Length, 1, 3000);
        Assert.InRange(Convert.ToBase64String(Encoding.UTF8.GetBytes(full.ToConfiguration())).Length, 1, 16000);
    }

    [Theory]
    [InlineData("/tmp/\"; include \"/etc/passwd")]
    [InlineData("/tmp/\\")]
    [InlineData("/tmp\n")]
    public void A_folder_that_would_end_its_quotes_is_refused(string folder) =>
        Assert.Throws<ArgumentException>(() => s_dns64.ToConfiguration(Dns64Options.OfRouter with { Folder = folder }));
}
