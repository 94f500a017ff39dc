namespace Automation.Fuzz;

/// <summary>Values that programs stumble over.</summary>
internal static class Oddities
{
    /// <summary>As JSON writes them.</summary>
    public static readonly string[] JsonScalars =
    [
        "null", "true", "false", "0", "-1", "-0", "1", "0.1", "1e400", "-1e400", "1e-400", "1E+2", "2147483648", "-2147483649", "9223372036854775808",
        "18446744073709551616", "79228162514264337593543950336", "123456789012345678901234567890123456789012345678901234567890", "253402300800", "-62135596801",
        "\"\"", "\" \"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u202e\\u2028\"", "\"\\n\\t\\u001b[31m\"", "\"true\"", "\"0\"", "\"-1\"", "\"null\"", "{}", "[]", "[[]]", "[null]",
        "[{}]", "{\"\":null}", "{\"a\":{}}", "NaN", "01", "+1", "'a'", "// a", "undefined", "\"\\x\"", "\"\t\"",
    ];

    public static readonly string[] Texts =
    [
        "", " ", "\0", "\u001b[31m", "\r\n", "\t", "\u202e", "\u2028", "\ufeff", "\u00e4\u0308", "\ud83d\ude00", "I\u0307", "\u212a", "\u0660\u0661", "%s%n", "${jndi:x}", "../..", "a,b", "a=b", "a+b", "+", "++", ",", "=", "/", "//", ":", "-", "0", "-1", "+1",
        "1e9", "0x10", "007", "99999999999999999999", "4294967296", "65536", "65535", "true", "TRUE", "True", "false", "null", "NaN", "Infinity",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999Z", "2026-02-30T00:00:00Z", "2026-03-04T09:00:00+14:00", "0001-01-01T00:00:00+14:00", "2026-03-04", "1772614800", "2026-13-01T00:00:00Z",
        "i-0a1b2c3d4e5f60718", "i-0b1b2c3d4e5f60718", "i-0A1B2C3D4E5F60718", "i-0a1b2c3d", "i-", "vpc-0a11b22c33d44e55f", "subnet-0a1b2c3d4e5f60001", "tgw-0a1b2c3d4e5f60718", "pcx-0a1b2c3d4e5f60718",
        "111122223333", "000000000000", "eu-west-1", "us-east-1", "EU-WEST-1", "-----------", "111122223333/eu-west-1", "\u0661\u0661\u0661\u0661\u0662\u0662\u0662\u0662\u0663\u0663\u0663\u0663",
        "0.0.0.0/0", "::/0", "10.0.0.0/16", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/16", "256.1.1.1/8", "10.1/16", "010.0.0.0/8", "fd7a:115c:a1e0::/48", "fd7a:115c:a1e0:b1a:0:1:a00:0/112", "::ffff:10.0.0.0/104", "::1", "fe80::1%eth0", "100.64.0.0/10", "169.254.169.254/32", "10.0.0.0/8/8", "2001:db8::/128",
        "tag:aws-router", "tag:", "subnet-router", "exit-node", "subnet-router+exit-node", "session-recorder+agent", "peer-relay", "corp.example.internal", "corp.example.internal.", "..", "xn--", "*.example.internal", "\\052.example.internal", "example.com",
        "subnet-router-i-0a1b2c3d4e5f60718", "aws i-0a1b2c3d4e5f60718", "aws pool ci 00000000", "tailnet-launch", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b2c3d4e5f60718", "arn:::::", "running", "terminated", "stopped", "associated", "active", "plain", "via6", "100%", "203.0.113.7:40000", "[2001:db8::1]:40000", "[]:1", "[:1", "]:1", ":1",
    ];

    /// <summary>Mostly one of <see cref="Texts"/>, sometimes a long one or characters by chance.</summary>
    public static string Text(Dice dice)
    {
        switch (dice.Below(12))
        {
            case 0:
                return new string(dice.Of(["x", "0", "9", ".", ":", "\u00e4", "\u0001"])[0], dice.OneIn(40) ? 200_000 : dice.Of([33, 64, 65, 121, 256, 2049, 4097, 20_000]));
            case 1:
                return string.Create(1 + dice.Below(40), dice, static (span, dice) =>
                {
                    for (var i = 0; i < span.Length; i++)
                    {
                        span[i] = (char)dice.Below(dice.OneIn(3) ? 0x10000 : 0x80);
                    }
                });
            case 2:
                return dice.Of(Texts) + dice.Of(Texts);
            default:
                return dice.Of(Texts);
        }
    }

    /// <summary>A text, with a little changed in it.</summary>
    public static string Changed(string text, Dice dice)
    {
        if (text.Length == 0)
        {
            return Text(dice);
        }

        var at = dice.Below(text.Length);
        return dice.Below(9) switch
        {
            0 => text[..at],
            1 => text[..at] + text[(at + 1)..],
            2 => text[..at] + (char)dice.Below(dice.OneIn(3) ? 0x10000 : 0x80) + text[(at + 1)..],
            3 => text.Insert(at, dice.Of(Texts)),
            4 => text + text,
            5 => text.ToUpperInvariant(),
            6 => text.ToLowerInvariant(),
            7 => " " + text + " ",
            _ => text.Insert(at, text[at].ToString()),
        };
    }
}
