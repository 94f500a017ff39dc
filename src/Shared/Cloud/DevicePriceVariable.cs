using System.Globalization;

namespace Automation;

/// <summary>Reads <c>DEVICE_PRICE</c>: what Tailscale asks for one device a month, in the owner's currency.</summary>
internal static class DevicePriceVariable
{
    private const decimal Most = 1_000_000;

    /// <returns>null where it is not set: then nothing is said of cost.</returns>
    public static decimal? Read(VariableReader read)
    {
        const string name = "DEVICE_PRICE", expected = "the price of one device a month, a number without a currency, such as 6 or 0.50, or nothing";
        if (read.Optional(name, expected) is not { } value)
        {
            return null;
        }

        var isPrice = decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price) && price <= Most;
        return read.Check(name, value, isPrice, expected) is null ? null : price;
    }
}
