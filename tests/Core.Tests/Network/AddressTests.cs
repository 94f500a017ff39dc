using CsCheck;

namespace Automation.Network;

public class AddressTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("1::", "1::")]
    [InlineData("2001:DB8:0:0:0:0:0:1", "2001:db8::1")]
    [InlineData("2001:0db8:0000:0001:0000:0000:0000:0001", "2001:db8:0:1::1")]   // the longest run of zeros is shortened
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]                    // of two alike, the first
    [InlineData("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]                  // a single group is not
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("fd7a:115c:a1e0:b1a:0:5efe:a01:100", "fd7a:115c:a1e0:b1a:0:5efe:a01:100")]   // not as ISATAP
    public void Prints_the_canonical_text_of_rfc_5952(string text, string canonical)
    {
        Assert.True(Address.TryParse(text, out var address));
        Assert.Equal(canonical, address.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("10.1")]
    [InlineData("167772161")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.01")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.1.2")]
    [InlineData(" 10.0.0.1")]
    [InlineData("10.0.0.1 ")]
    [InlineData("10.0.0.1:53")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%25eth0")]
    [InlineData("[::1]")]
    [InlineData("[::1]:53")]
    [InlineData("::1/64")]
    [InlineData("::1 ")]
    [InlineData("1::2::3")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("02001:db8::1")]
    [InlineData("::g")]
    [InlineData("::ffff:010.0.0.1")]
    [InlineData("::ffff:10.1")]
    public void Refuses_what_is_no_usual_address(string? text) => Assert.False(Address.TryParse(text, out _));

    [Fact]
    public void An_ipv4_mapped_address_stays_ipv6_and_is_another_one_than_the_ipv4_address()
    {
        Assert.True(Address.TryParse("::ffff:10.0.0.1", out var mapped));
        Assert.True(Address.TryParse("10.0.0.1", out var plain));

        Assert.True(mapped.IsIPv6);
        Assert.NotEqual(plain, mapped);
        Assert.True(Address.TryParse(mapped.ToString(), out var again));
        Assert.Equal(mapped, again);
    }

    [Fact]
    public void Every_address_survives_being_printed_and_read() =>
        AnyAddress.Sample(address => Address.TryParse(address.ToString(), out var again) && again == address, iter: 5000);

    [Fact]
    public void Orders_ipv4_before_ipv6_and_by_number()
    {
        string[] ordered = ["9.0.0.0", "10.0.0.0", "200.0.0.0", "::", "::ffff:9.0.0.0", "2001:db8::", "ff00::"];

        Assert.Equal(ordered.Select(Read), ordered.Reverse().Select(Read).Order());
    }

    // Groups of zeros are where printing goes wrong: half of all groups are zero.
    internal static Gen<Address> AnyAddress { get; } = Gen.Bool.SelectMany(isIPv6 => isIPv6
        ? Gen.OneOf(Gen.Const((ushort)0), Gen.UShort).Array[8].Select(groups => new Address(true, groups.Aggregate(UInt128.Zero, (value, group) => (value << 16) | group)))
        : Gen.UInt.Select(value => new Address(false, value)));

    private static Address Read(string text)
    {
        Assert.True(Address.TryParse(text, out var address));
        return address;
    }
}
