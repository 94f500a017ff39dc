using System.Text.Json;
using CsCheck;

namespace Automation.Network;

public class PrefixSetTests
{
    // Few different prefixes, so that sets share members.
    private static readonly Gen<HashSet<Prefix>> s_any = Gen.OneOf(
            Gen.Int[0, 7].Select(i => Prefix.Of(new(false, (UInt128)(uint)(i << 28)), 4)),
            Gen.Int[8, 12].Select(length => Prefix.Of(new(false, 10 << 24), length)),
            Gen.Int[0, 4].Select(length => Prefix.Of(new(true, UInt128.MaxValue), length)))
        .Array[0, 10].Select(prefixes => prefixes.ToHashSet());

    [Fact]
    public void Agrees_with_plain_sets() =>
        Gen.Select(s_any, s_any).Sample((a, b) =>
        {
            var (one, other) = (PrefixSet.Of(a), PrefixSet.Of(b));
            Assert.Equal(Sorted(a.Union(b)), one.Union(other));
            Assert.Equal(Sorted(a.Except(b)), one.Except(other));
            Assert.Equal(Sorted(a.Intersect(b)), one.Intersect(other));
            Assert.Equal(a.IsSubsetOf(b), one.IsSubsetOf(other));
            Assert.Equal(a.SetEquals(b), one.Equals(other));
            Assert.All(b, prefix => Assert.Equal(a.Contains(prefix), one.Contains(prefix)));
            Assert.Equal(a.Count, one.Count);
            Assert.Equal(a.Count == 0, one.IsEmpty);
        }, iter: 3000);

    [Fact]
    public void Is_the_same_set_in_whatever_order_it_was_made() =>
        Gen.Select(s_any, Gen.Int).Sample((members, seed) =>
        {
            var shuffled = members.ToArray();
            new Random(seed).Shuffle(shuffled);
            var (one, other) = (PrefixSet.Of(members), PrefixSet.Of(shuffled.Concat(shuffled)));
            Assert.Equal(one, other);
            Assert.Equal(one.GetHashCode(), other.GetHashCode());
            Assert.Equal(one.ToString(), other.ToString());
        }, iter: 1000);

    [Fact]
    public void Covers_an_address_where_one_of_its_prefixes_does()
    {
        var set = PrefixSet.Of([Prefix.Parse("10.0.0.0/16"), Prefix.Parse("2001:db8::/32")]);

        Assert.True(set.Covers(Prefix.Parse("10.0.255.255/32").First));
        Assert.True(set.Covers(Prefix.Parse("2001:db8:1::/48").First));
        Assert.False(set.Covers(Prefix.Parse("10.1.0.0/32").First));
        Assert.False(PrefixSet.Empty.Covers(Prefix.Parse("10.0.0.0/32").First));
    }

    [Fact]
    public void Is_not_aggregated_because_failover_needs_exactly_the_same_prefix()
    {
        var halves = AWorld.Prefixes("10.0.0.0/17", "10.0.128.0/17");

        Assert.NotEqual(AWorld.Prefixes("10.0.0.0/16"), halves);
        Assert.Equal("10.0.0.0/17, 10.0.128.0/17", halves.ToString());
        Assert.Equal("nothing", PrefixSet.Empty.ToString());
    }

    [Fact]
    public void Survives_json() => s_any.Sample(
        members => JsonSerializer.Deserialize<PrefixSet>(JsonSerializer.Serialize(PrefixSet.Of(members)))!.Equals(PrefixSet.Of(members)), iter: 500);

    [Theory]
    [InlineData("[\"10.1\"]")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("[[]]")]
    [InlineData("{}")]
    [InlineData("\"10.0.0.0/8\"")]
    public void Other_json_is_refused(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PrefixSet>(json));

    private static IEnumerable<Prefix> Sorted(IEnumerable<Prefix> prefixes) => prefixes.Order();
}
