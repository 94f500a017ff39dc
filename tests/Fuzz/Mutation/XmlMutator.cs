using System.Xml.Linq;

namespace Automation.Fuzz;

/// <summary>As <see cref="JsonMutator"/>, of XML.</summary>
internal sealed class XmlMutator
{
    private readonly string[] _samples;
    private readonly string[] _values;
    private readonly XName[] _names;

    public XmlMutator(IEnumerable<string> samples)
    {
        _samples = [.. samples];
        var elements = _samples.SelectMany(sample => XElement.Parse(sample).DescendantsAndSelf()).ToArray();
        _names = [.. elements.Select(element => element.Name).Distinct()];
        _values = [.. elements.Where(element => !element.HasElements).Select(element => element.Value).Distinct()];
    }

    public int Count => _samples.Length;

    public byte[] Bytes(Dice dice, int sample)
    {
        var text = dice.OneIn(20) ? _samples[sample] : Spoilt(Changed(XElement.Parse(_samples[sample]), dice), dice);
        return BytesMutator.Of(text, dice);
    }

    private string Changed(XElement root, Dice dice)
    {
        // Each element knows its namespace; what declares it would forbid any other name there.
        root.Attributes().Where(attribute => attribute.IsNamespaceDeclaration).Remove();
        for (var times = 1 + (dice.OneIn(2) ? 0 : dice.Below(4)); times > 0; times--)
        {
            Change(root, dice);
        }

        return root.ToString(SaveOptions.DisableFormatting);
    }

    private void Change(XElement root, Dice dice)
    {
        var elements = root.Descendants().ToArray();
        if (elements.Length == 0 || dice.OneIn(50))
        {
            root.Name = dice.OneIn(2) ? dice.Of(_names) : "html";
            return;
        }

        var one = dice.Of(elements);
        var other = dice.Of(elements);
        switch (dice.Below(11))
        {
            case 0:
                one.Remove();
                break;
            case 1:
                one.AddAfterSelf(new XElement(one));
                break;
            case 2:
                one.Remove();
                root.Add(one);
                break;
            case 3:
                one.Name = dice.OneIn(2) ? dice.Of(_names) : one.Name.Namespace + one.Name.LocalName.ToUpperInvariant();
                break;
            case 4:
                one.Name = one.Name.LocalName;   // without the namespace
                break;
            case 5:
                one.RemoveNodes();
                break;
            case 6 when !one.HasElements && !other.HasElements:
                (one.Value, other.Value) = (other.Value, one.Value);
                break;
            case 7:
                one.ReplaceNodes(new XElement(other));
                break;
            case 8:
                one.Value = dice.Of(_values);
                break;
            default:
                one.Value = Allowed(dice.OneIn(2) || one.HasElements ? Oddities.Text(dice) : Oddities.Changed(one.Value, dice));
                break;
        }
    }

    // What the text form alone can have wrong.
    private static string Spoilt(string text, Dice dice)
    {
        switch (dice.Below(80))
        {
            case 0:
                return "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">]>" + WithText(text, "&e;", dice);
            case 1:
                return "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/hostname\">]>" + WithText(text, "&b;", dice);
            case 2:
                return WithText(text, dice.Of(["&#0;", "&#x1b;", "&", "<", "&#xd800;", "<![CDATA[i-0a1b2c3d4e5f60718]]>", "<!-- - -->", "<?a b?>"]), dice);
            case 3:
                var depth = dice.OneIn(8) ? 20_000 : dice.Of([10, 64, 300]);
                return WithText(text, string.Concat(Enumerable.Repeat("<a>", depth)) + string.Concat(Enumerable.Repeat("</a>", depth)), dice);
            case 4:
                return text + text;
            case 5:
                return "<?xml version=\"1.0\" encoding=\"" + dice.Of(["UTF-8", "UTF-16", "ISO-8859-1", "utf-7", "x"]) + "\"?>" + text;
            case 6:
                return dice.Of(["", " ", "{}", "null", "<html><body>Service Unavailable</body></html>", "<a/>", "<a", "Internal Server Error", "<?xml version=\"1.0\"?>"]);
            default:
                return text;
        }
    }

    // Into some element, behind its first tag or before its last.
    private static string WithText(string text, string inner, Dice dice)
    {
        var places = Enumerable.Range(0, text.Length).Where(at => text[at] == '>' && at > 0 && text[at - 1] != '/').ToArray();
        return places.Length == 0 ? inner : text.Insert(dice.Of(places) + 1, inner);
    }

    // The rest cannot be written as XML at all.
    private static string Allowed(string text) => string.Concat(text.Where((letter, at) => System.Xml.XmlConvert.IsXmlChar(letter)));
}
