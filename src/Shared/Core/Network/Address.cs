using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Network;

/// <summary>An IPv4 or IPv6 address as a number. An IPv4 address lies in the low 32 bits.</summary>
[JsonConverter(typeof(AddressJson))]
public readonly record struct Address(bool IsIPv6, UInt128 Value) : IComparable<Address>
{
    public int Bits => IsIPv6 ? 128 : 32;

    /// <returns>false for anything but the usual text forms: "10.1" and "010.0.0.1" are no IPv4 addresses here.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out Address address)
    {
        address = default;
        if (text is null || text.Contains('%') || text.Contains('[') || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out var length);
        if (parsed.AddressFamily == AddressFamily.InterNetworkV6)
        {
            address = new(true, BinaryPrimitives.ReadUInt128BigEndian(bytes));
            return true;
        }

        address = new(false, BinaryPrimitives.ReadUInt32BigEndian(bytes[..length]));
        return address.ToString() == text;
    }

    /// <exception cref="FormatException">The text is no address.</exception>
    public static Address Parse(string? text) => TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an IP address.");

    public int CompareTo(Address other) => IsIPv6 != other.IsIPv6 ? IsIPv6.CompareTo(other.IsIPv6) : Value.CompareTo(other.Value);

    /// <summary>The canonical text of RFC 5952, by hand: <see cref="IPAddress"/> prints the via range of site 24318 in another form.</summary>
    public override string ToString()
    {
        if (!IsIPv6)
        {
            var v4 = (uint)Value;
            return string.Create(CultureInfo.InvariantCulture, $"{v4 >> 24}.{(v4 >> 16) & 255}.{(v4 >> 8) & 255}.{v4 & 255}");
        }

        Span<ushort> groups = stackalloc ushort[8];
        for (var i = 0; i < 8; i++)
        {
            groups[i] = (ushort)(Value >> (112 - (16 * i)));
        }

        var (zerosAt, zeros) = LongestZeros(groups);
        var text = new StringBuilder(39);
        for (var i = 0; i < 8; i++)
        {
            if (i == zerosAt)
            {
                text.Append("::");
                i += zeros - 1;
                continue;
            }

            if (text.Length > 0 && text[^1] != ':')
            {
                text.Append(':');
            }

            text.Append(CultureInfo.InvariantCulture, $"{groups[i]:x}");
        }

        return text.ToString();
    }

    private static (int At, int Count) LongestZeros(ReadOnlySpan<ushort> groups)
    {
        var (bestAt, best) = (-1, 1);   // a single zero group is not shortened
        for (var at = 0; at < groups.Length; at++)
        {
            var count = 0;
            while (at + count < groups.Length && groups[at + count] == 0)
            {
                count++;
            }

            if (count > best)
            {
                (bestAt, best) = (at, count);
            }
        }

        return (bestAt, best);
    }
}

public sealed class AddressJson : JsonConverter<Address>
{
    public override Address Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Address.TryParse(reader.GetString(), out var address)
            ? address
            : throw new JsonException("expected an address such as 10.0.0.2");

    public override void Write(Utf8JsonWriter writer, Address value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
