using System.Data.Common;
using Dapper;

namespace Marketplace.Kernel;

/// <summary>Reads rows: records by Dapper, single columns (texts, numbers, ids) directly.</summary>
internal static class Row<T>
{
    private static readonly Func<object, object>? Wrap = Wrapped.Wrapper(typeof(T));
    private static readonly bool IsSingle = Wrap is not null || typeof(T).IsValueType || typeof(T) == typeof(string) || typeof(T).IsArray;

    public static Func<DbDataReader, T> Parser(DbDataReader reader) => IsSingle ? Single : reader.GetRowParser<T>();

    /// <summary>The first column of the current row.</summary>
    public static T Single(DbDataReader reader) => reader.IsDBNull(0) ? default!
        : Wrap is not null ? (T)Wrap(reader.GetValue(0))
        : reader.GetFieldValue<T>(0);
}
