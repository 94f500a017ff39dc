using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation;

/// <summary>What an identifier names: its word for people and the text it allows.</summary>
public interface IResourceKind
{
    static abstract string Word { get; }

    static abstract bool Allows(ReadOnlySpan<char> text);
}

/// <summary>An identifier of one kind of thing, so that a VPC is never handed over where an instance is meant.</summary>
/// <remarks>A class, so that native code has one copy of each collection for all of them, not one for each kind.</remarks>
public sealed record ResourceId<TKind> : IComparable<ResourceId<TKind>>
    where TKind : IResourceKind
{
    private readonly string _text;
    private int _hash;   // 0 until it is asked for: ids are looked up far more often than they are read

    private ResourceId(string text) => _text = text;

    /// <returns>false where the text is anything else; never throws.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ResourceId<TKind>? id)
    {
        id = text is not null && TKind.Allows(text) ? new(text) : null;
        return id is not null;
    }

    /// <exception cref="FormatException">The text is no identifier of this kind.</exception>
    public static ResourceId<TKind> Parse(string? text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{Printable.Of(text)}' is not the id of a {TKind.Word}.");

    public bool Equals(ResourceId<TKind>? other) => ReferenceEquals(this, other) || string.Equals(_text, other?._text);

    public override int GetHashCode() => _hash != 0 ? _hash : _hash = _text.GetHashCode(StringComparison.Ordinal);

    public int CompareTo(ResourceId<TKind>? other) => string.CompareOrdinal(_text, other?._text);

    public override string ToString() => _text;
}

/// <summary>An EC2 instance: <c>i-</c> and 8 or 17 lower-case hexadecimal digits.</summary>
public sealed class InstanceKind : IResourceKind
{
    public static string Word => "instance";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "i-");
}

/// <summary>A VPC: <c>vpc-</c> and 8 or 17 lower-case hexadecimal digits.</summary>
public sealed class VpcKind : IResourceKind
{
    public static string Word => "VPC";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "vpc-");
}

/// <summary>A subnet: <c>subnet-</c> and 8 or 17 lower-case hexadecimal digits.</summary>
public sealed class SubnetKind : IResourceKind
{
    public static string Word => "subnet";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "subnet-");
}

/// <summary>A route table of a VPC: <c>rtb-</c> and 8 or 17 lower-case hexadecimal digits.</summary>
public sealed class RouteTableKind : IResourceKind
{
    public static string Word => "route table";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "rtb-");
}

/// <summary>A VPC peering connection: <c>pcx-</c> and 8 or 17 lower-case hexadecimal digits.</summary>
public sealed class PeeringKind : IResourceKind
{
    public static string Word => "VPC peering connection";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "pcx-");
}

/// <summary>A transit gateway: <c>tgw-</c> and 8 or 17 lower-case hexadecimal digits.</summary>
public sealed class TransitGatewayKind : IResourceKind
{
    public static string Word => "transit gateway";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "tgw-");
}

/// <summary>An attachment of a transit gateway: <c>tgw-attach-</c> and 8 or 17 lower-case hexadecimal digits; it is the same at both ends of a peering of gateways.</summary>
public sealed class TransitAttachmentKind : IResourceKind
{
    public static string Word => "transit gateway attachment";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "tgw-attach-");
}

/// <summary>A route table of a transit gateway: <c>tgw-rtb-</c> and 8 or 17 lower-case hexadecimal digits.</summary>
public sealed class TransitRouteTableKind : IResourceKind
{
    public static string Word => "transit gateway route table";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "tgw-rtb-");
}

/// <summary>A managed prefix list: <c>pl-</c> and 8 or 17 lower-case hexadecimal digits.</summary>
public sealed class PrefixListKind : IResourceKind
{
    public static string Word => "prefix list";

    public static bool Allows(ReadOnlySpan<char> text) => Ec2Id.Is(text, "pl-");
}

/// <summary>A Route 53 hosted zone, without the <c>/hostedzone/</c> that some answers put before it.</summary>
public sealed class ZoneKind : IResourceKind
{
    private static readonly SearchValues<char> s_allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    public static string Word => "hosted zone";

    public static bool Allows(ReadOnlySpan<char> text) => text.Length is > 1 and <= 32 && !text.ContainsAnyExcept(s_allowed);
}

/// <summary>An ECS task: 32 lower-case hexadecimal digits, the last part of its ARN.</summary>
public sealed class TaskKind : IResourceKind
{
    public static string Word => "ECS task";

    public static bool Allows(ReadOnlySpan<char> text) => text.Length == 32 && Ec2Id.Is(text);
}

/// <summary>A device of the tailnet, by its <c>nodeId</c> such as <c>n292kg92CNTRL</c>.</summary>
public sealed class DeviceKind : IResourceKind
{
    public static string Word => "device";

    public static bool Allows(ReadOnlySpan<char> text) => TailscaleId.Is(text);
}

/// <summary>An auth key of the tailnet, such as <c>k123456CNTRL</c>: the name of the key, never its secret.</summary>
public sealed class KeyKind : IResourceKind
{
    public static string Word => "auth key";

    public static bool Allows(ReadOnlySpan<char> text) => TailscaleId.Is(text);
}

internal static class Ec2Id
{
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    public static bool Is(ReadOnlySpan<char> text, string prefix) =>
        text.StartsWith(prefix)
        && text.Length - prefix.Length is 8 or 17
        && Is(text[prefix.Length..]);

    public static bool Is(ReadOnlySpan<char> digits) => !digits.ContainsAnyExcept(s_hexadecimal);
}

internal static class TailscaleId
{
    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    // A key's secret is "tskey-...": the hyphen that this refuses keeps a secret from ever passing as an id.
    public static bool Is(ReadOnlySpan<char> text) => text.Length is > 0 and <= 64 && !text.ContainsAnyExcept(s_allowed);
}

/// <summary>Writes an identifier as its text.</summary>
public sealed class ResourceIdJson<TKind> : JsonConverter<ResourceId<TKind>>
    where TKind : IResourceKind
{
    public override ResourceId<TKind> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && ResourceId<TKind>.TryParse(reader.GetString(), out var id)
            ? id
            : throw new JsonException($"expected the id of a {TKind.Word}");

    public override void Write(Utf8JsonWriter writer, ResourceId<TKind> value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
