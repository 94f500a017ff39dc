using System.Text;

namespace Automation.Fuzz;

/// <summary>Text in UTF-8, which one time in six is spoilt: cut off, flipped, with a byte-order mark or with bytes that are no UTF-8.</summary>
internal static class BytesMutator
{
    private static readonly byte[][] s_wrong = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82], [0x80], [0x00]];

    public static byte[] Of(string text, Dice dice)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length == 0 || !dice.OneIn(6))
        {
            return bytes;
        }

        var at = dice.Below(bytes.Length);
        switch (dice.Below(8))
        {
            case 0 or 1:
                return bytes[..at];
            case 2:
                bytes[at] ^= (byte)(1 << dice.Below(8));
                return bytes;
            case 3:
                return [.. bytes[..at], .. dice.Of(s_wrong), .. bytes[at..]];
            case 4:
                return [0xef, 0xbb, 0xbf, .. bytes];
            case 5:
                return Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(text)).ToArray();
            case 6:
                return [.. bytes, .. bytes[at..]];
            default:
                for (var times = 1 + dice.Below(8); times > 0; times--)
                {
                    bytes[dice.Below(bytes.Length)] = (byte)dice.Below(256);
                }

                return bytes;
        }
    }
}
