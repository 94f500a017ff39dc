using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Network;

/// <summary>A range of addresses such as <c>10.0.0.0/16</c>, always without host bits. Ordered by family, first address, then length.</summary>
[JsonConverter(typeof(PrefixJson))]
public readonly record struct Prefix : IComparable<Prefix>
{
    // Two halves, as a number of 128 bits would be aligned to 16 bytes: tables and sets hold many of these.
    private readonly ulong _high;
    private readonly ulong _low;
    private readonly byte _length;

    private Prefix(Address first, int length)
    {
        _high = (ulong)(first.Value >> 64);
        _low = (ulong)first.Value;
        _length = (byte)length;
        IsIPv6 = first.IsIPv6;
    }

    public Address First => new(IsIPv6, new UInt128(_high, _low));

    public int Length => _length;

    public bool IsIPv6 { get; }

    public Address Last => new(IsIPv6, First.Value | HostMask);

    public bool IsDefaultRoute => Length == 0;

    /// <summary>The lower and the upper half. A single address has none.</summary>
    public (Prefix Low, Prefix High) Halves =>
        (new(First, Length + 1), new(First with { Value = First.Value | (UInt128.One << (First.Bits - Length - 1)) }, Length + 1));

    private UInt128 HostMask => First.Bits - Length == 128 ? UInt128.MaxValue : (UInt128.One << (First.Bits - Length)) - 1;

    /// <summary>The range of that length around an address; host bits are cleared.</summary>
    public static Prefix Of(Address address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, address.Bits);
        var hostMask = new Prefix(address, length).HostMask;
        return new(address with { Value = address.Value & ~hostMask }, length);
    }

    /// <summary>Reads CIDR notation; host bits are cleared, so that what means the same compares the same.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Prefix prefix)
    {
        prefix = default;
        var slash = text?.IndexOf('/') ?? -1;
        if (slash < 0
            || !Address.TryParse(text![..slash], out var address)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.Bits
            || (text[slash + 1] == '0' && text.Length > slash + 2))   // "08" is octal to some
        {
            return false;
        }

        prefix = Of(address, length);
        return true;
    }

    /// <exception cref="FormatException">The text is not CIDR notation.</exception>
    public static Prefix Parse(string? text) =>
        TryParse(text, out var prefix) ? prefix : throw new FormatException($"'{Printable.Of(text)}' is not a prefix such as 10.0.0.0/16.");

    public bool Contains(Address address) => address.IsIPv6 == IsIPv6 && Agrees((ulong)(address.Value >> 64), (ulong)address.Value);

    public bool Contains(Prefix other) => other._length >= _length && other.IsIPv6 == IsIPv6 && Agrees(other._high, other._low);

    public bool Overlaps(Prefix other) => Contains(other) || other.Contains(this);

    public int CompareTo(Prefix other) =>
        IsIPv6 != other.IsIPv6 ? IsIPv6.CompareTo(other.IsIPv6)
        : _high != other._high ? _high.CompareTo(other._high)
        : _low != other._low ? _low.CompareTo(other._low)
        : _length.CompareTo(other._length);

    public bool Equals(Prefix other) => _low == other._low && _high == other._high && _length == other._length && IsIPv6 == other.IsIPv6;

    public override int GetHashCode() => HashCode.Combine(_high, _low, _length, IsIPv6);

    // In the bits before the prefix's end.
    private bool Agrees(ulong high, ulong low)
    {
        var host = (IsIPv6 ? 128 : 32) - _length;
        return host switch
        {
            0 => high == _high && low == _low,
            < 64 => high == _high && (low ^ _low) >> host == 0,
            64 => high == _high,
            < 128 => (high ^ _high) >> (host - 64) == 0,
            _ => true,
        };
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}/{Length}");
}

public sealed class PrefixJson : JsonConverter<Prefix>
{
    public override Prefix Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Prefix.TryParse(reader.GetString(), out var prefix)
            ? prefix
            : throw new JsonException("expected a prefix such as 10.0.0.0/16");

    public override void Write(Utf8JsonWriter writer, Prefix value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
