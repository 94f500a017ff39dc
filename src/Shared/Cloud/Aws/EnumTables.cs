using System.Runtime.CompilerServices;
using Amazon.EC2;
using Amazon.Runtime;

namespace Automation.Aws;

/// <summary>
/// Gives the SDK an empty table of EC2's instance types. It would build the table by reflection at the first DescribeInstances: over a
/// thousand fields, each found by a linear search in a native binary, which takes longer than all else in a cold start. With an
/// empty table, values are made as they come.
/// </summary>
internal static class EnumTables
{
    private static readonly Lock s_lock = new();

    /// <returns>false where this version of the SDK keeps its tables elsewhere; then it builds them itself, only slower.</returns>
    public static bool PreFill()
    {
        lock (s_lock)
        {
            try
            {
                ref var tables = ref StaticFields(null);
                if (!tables.ContainsKey(typeof(InstanceType)))
                {
                    // The SDK reads the table without a lock, so it is replaced, never changed.
                    tables = new(tables) { [typeof(InstanceType)] = new(StringComparer.OrdinalIgnoreCase) };
                }

                return true;
            }
            catch (MissingFieldException)
            {
                return false;
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "staticFields")]
    private static extern ref Dictionary<Type, Dictionary<string, ConstantClass>> StaticFields(ConstantClass? none);
}
