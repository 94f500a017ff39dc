namespace Automation.Network;

public class RefusedRangesTests
{
    [Theory]
    [InlineData("100.64.0.0/10")]
    [InlineData("100.127.255.0/24")]
    [InlineData("100.0.0.0/8")]             // contains a refused range
    [InlineData("fd7a:115c:a1e0::/48")]
    [InlineData("fd7a:115c:a1e0:ab12::/64")]
    [InlineData("fd00::/8")]
    [InlineData("169.254.169.254/32")]
    [InlineData("127.0.0.1/32")]
    [InlineData("224.0.0.0/4")]
    [InlineData("239.1.0.0/16")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("0.0.0.0/8")]
    [InlineData("255.255.255.255/32")]
    [InlineData("::/128")]
    [InlineData("::1/128")]
    [InlineData("fe80::/64")]
    [InlineData("ff02::/16")]
    [InlineData("::ffff:169.254.169.254/128")]   // IPv4 in the dress of IPv6 is not a way around
    public void Refuses_with_a_reason(string prefix) => Assert.NotEmpty(RefusedRanges.WhyRefused(Prefix.Parse(prefix)) ?? "");

    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("172.16.0.0/12")]
    [InlineData("192.168.0.0/16")]
    [InlineData("100.63.0.0/16")]
    [InlineData("100.128.0.0/9")]
    [InlineData("169.253.0.0/16")]
    [InlineData("198.18.0.0/15")]
    [InlineData("8.8.8.0/24")]
    [InlineData("2001:db8:1200::/56")]
    [InlineData("fd00:ec2::/32")]
    [InlineData("fd7a:115c:a1e1::/48")]
    public void Allows_all_that_a_vpc_may_have(string prefix) => Assert.Null(RefusedRanges.WhyRefused(Prefix.Parse(prefix)));
}
