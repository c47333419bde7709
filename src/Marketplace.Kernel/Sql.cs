using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Marketplace.Kernel;

/// <summary>
/// One SQL statement written as an interpolated string: every hole becomes a parameter, a hole that is itself <see cref="Sql"/>
/// is spliced in. There is no way from a string variable to statement text, so an injection does not compile.
/// </summary>
[InterpolatedStringHandler]
public sealed class Sql
{
    private readonly List<object> pieces;

    /// <summary>Whether the statement writes an event, so that somebody may want to hear of it.</summary>
    internal bool Tells { get; private set; }

    /// <summary>Called by the compiler.</summary>
    public Sql(int literalLength, int formattedCount) => pieces = new List<object>(2 * formattedCount + 1);

    /// <summary>Called by the compiler for the text between holes.</summary>
    public void AppendLiteral(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Tells |= value.Contains("kernel.append", StringComparison.Ordinal);
        pieces.Add(value);
    }

    /// <summary>Called by the compiler for a hole.</summary>
    public void AppendFormatted<T>(T value) => pieces.Add(SqlParameter<T>.Make(value));

    /// <summary>Splices another statement's text and parameters in.</summary>
    public void AppendFormatted(Sql fragment)
    {
        ArgumentNullException.ThrowIfNull(fragment);
        Tells |= fragment.Tells;
        pieces.AddRange(fragment.pieces);
    }

    /// <summary>A statement to hand on; the empty interpolation <c>Sql.Of($"")</c> is a fragment that adds nothing.</summary>
    public static Sql Of(Sql sql) => sql;

    internal NpgsqlBatchCommand Command()
    {
        var command = new NpgsqlBatchCommand();
        if (pieces is [string only])
        {
            command.CommandText = only;
            return command;
        }

        var text = new StringBuilder();
        foreach (var piece in pieces)
        {
            if (piece is string literal)
            {
                text.Append(literal);
                continue;
            }

            var parameter = (NpgsqlParameter)piece;
            command.Parameters.Add(parameter.Collection is null ? parameter : parameter.Clone());
            text.Append('$').Append(command.Parameters.Count);
        }

        command.CommandText = text.ToString();
        return command;
    }
}

/// <summary>Turns a hole's value into a parameter: value objects by what they hold, instants as UTC, nulls with their type.</summary>
internal static class SqlParameter<T>
{
    public static readonly Func<T, NpgsqlParameter> Make = Build();

    private static Func<T, NpgsqlParameter> Build()
    {
        var unwrap = Wrapped.Unwrapper(typeof(T));
        if (unwrap is not null)
        {
            var plainType = Wrapped.PlainType(typeof(T));
            return value => Typed(value is null ? null : unwrap(value), plainType);
        }

        if (typeof(T) == typeof(DateTimeOffset))
        {
            return value => new NpgsqlParameter<DateTime> { TypedValue = ((DateTimeOffset)(object)value!).UtcDateTime };
        }

        if (typeof(T) == typeof(DateTimeOffset?))
        {
            return value => Typed(((DateTimeOffset?)(object?)value)?.UtcDateTime, typeof(DateTime));
        }

        return typeof(T).IsValueType && Nullable.GetUnderlyingType(typeof(T)) is null
            ? value => new NpgsqlParameter<T> { TypedValue = value }
            : value => Typed(value, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T));
    }

    private static NpgsqlParameter Typed(object? value, Type type)
    {
        var parameter = new NpgsqlParameter { Value = value ?? DBNull.Value };
        if (value is null && Wrapped.DbType(type) is { } dbType)
        {
            parameter.NpgsqlDbType = dbType;
        }

        return parameter;
    }
}

/// <summary>Knows value objects by their shape: a public <c>Value</c> and a static <c>From</c>.</summary>
internal static class Wrapped
{
    private static readonly ConcurrentDictionary<Type, Func<object, object>?> Known = new();

    public static Func<object, object>? Unwrapper(Type type) => Known.GetOrAdd(type, Build);

    /// <summary>Makes a value object from what it holds; null for other types.</summary>
    public static Func<object, object>? Wrapper(Type type)
    {
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        if (ValueOf(inner) is not { } property)
        {
            return null;
        }

        var from = inner.GetMethod("From", [property.PropertyType])!;
        var parameter = Expression.Parameter(typeof(object));
        return Expression.Lambda<Func<object, object>>(
            Expression.Convert(Expression.Call(from, Expression.Convert(parameter, property.PropertyType)), typeof(object)), parameter).Compile();
    }

    public static Type PlainType(Type type)
    {
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        if (Element(inner) is { } element)
        {
            return (ValueOf(element)?.PropertyType ?? element).MakeArrayType();
        }

        return ValueOf(inner)?.PropertyType ?? inner;
    }

    public static NpgsqlDbType? DbType(Type type) => type switch
    {
        _ when type == typeof(Guid) => NpgsqlDbType.Uuid,
        _ when type == typeof(string) => NpgsqlDbType.Text,
        _ when type == typeof(int) => NpgsqlDbType.Integer,
        _ when type == typeof(long) => NpgsqlDbType.Bigint,
        _ when type == typeof(bool) => NpgsqlDbType.Boolean,
        _ when type == typeof(DateOnly) => NpgsqlDbType.Date,
        _ when type == typeof(DateTime) => NpgsqlDbType.TimestampTz,
        _ when type == typeof(byte[]) => NpgsqlDbType.Bytea,
        _ when type == typeof(decimal) => NpgsqlDbType.Numeric,
        _ when type == typeof(Guid[]) => NpgsqlDbType.Array | NpgsqlDbType.Uuid,
        _ when type == typeof(string[]) => NpgsqlDbType.Array | NpgsqlDbType.Text,
        _ when type == typeof(long[]) => NpgsqlDbType.Array | NpgsqlDbType.Bigint,
        _ => null,
    };

    private static Func<object, object>? Build(Type type)
    {
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        if (Element(inner) is { } element && ValueOf(element) is { } property)
        {
            return value =>
            {
                var items = ((System.Collections.IEnumerable)value).Cast<object>().ToList();
                var plain = Array.CreateInstance(property.PropertyType, items.Count);
                for (var i = 0; i < items.Count; i++)
                {
                    plain.SetValue(property.GetValue(items[i]), i);
                }

                return plain;
            };
        }

        if (ValueOf(inner) is not { } own)
        {
            return null;
        }

        var parameter = Expression.Parameter(typeof(object));
        return Expression.Lambda<Func<object, object>>(
            Expression.Convert(Expression.Property(Expression.Convert(parameter, inner), own), typeof(object)), parameter).Compile();
    }

    private static Type? Element(Type type) => type == typeof(string) || type == typeof(byte[]) ? null
        : type.IsArray ? type.GetElementType()
        : type.GetInterfaces().Append(type).FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            ?.GetGenericArguments()[0];

    private static PropertyInfo? ValueOf(Type type) => type.GetCustomAttributesData().Any(attribute =>
        attribute.AttributeType.Name.StartsWith("ValueObject", StringComparison.Ordinal)) ? type.GetProperty("Value") : null;
}
