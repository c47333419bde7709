using System.Data;
using System.Reflection;
using Dapper;
using Npgsql;

namespace Marketplace.Kernel;

/// <summary>Marks an enumeration that lives in the database as an enumerated type of this name; members map to snake_case labels.</summary>
/// <param name="name">Schema-qualified name, for example <c>supply.lot_state</c>.</param>
[AttributeUsage(AttributeTargets.Enum)]
public sealed class DatabaseEnumAttribute(string name) : Attribute
{
    /// <summary>Schema-qualified name of the type.</summary>
    public string Name { get; } = name;
}

/// <summary>Builds the connection pool: prepared statements, enumerations, value objects.</summary>
public static class DatabaseSource
{
    /// <summary>A pool for the application's login, knowing the types of the given assemblies.</summary>
    /// <param name="connectionString">The connection string of the application's role.</param>
    /// <param name="assemblies">Assemblies whose enumerations and ids appear in statements.</param>
    public static NpgsqlDataSource Create(string connectionString, IEnumerable<Assembly> assemblies)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 300,
            AutoPrepareMinUsages = 3,
            ApplicationName = "marketplace",
            IncludeErrorDetail = false,

            // Nothing of a session outlives its transaction (settings are local), so there is nothing to reset between two of them.
            NoResetOnClose = true,
        };
        if (!connectionString.Contains("Timeout", StringComparison.OrdinalIgnoreCase))
        {
            settings.Timeout = 2; // an exhausted pool is an answer (503), not a wait
            settings.CommandTimeout = 30;
        }

        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new InstantHandler());
        SqlMapper.AddTypeHandler(new ArrayHandler<string>());
        SqlMapper.AddTypeHandler(new ArrayHandler<Guid>());
        SqlMapper.AddTypeHandler(new ArrayHandler<int>());
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetTypes()))
        {
            if (type.GetCustomAttribute<DatabaseEnumAttribute>() is { } mapped)
            {
                builder.MapEnum(type, mapped.Name);
            }
            else if (type.GetNestedType("DapperTypeHandler") is { } handler)
            {
                SqlMapper.AddTypeHandler(type, (SqlMapper.ITypeHandler)Activator.CreateInstance(handler)!);
            }
        }

        return builder.Build();
    }

    /// <summary>Instants are UTC on both sides.</summary>
    private sealed class InstantHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) => parameter.Value = value.UtcDateTime;

        public override DateTimeOffset Parse(object value) => value is DateTime time ? new DateTimeOffset(time, TimeSpan.Zero) : (DateTimeOffset)value;
    }

    /// <summary>Npgsql says of every array column that it is an <see cref="Array"/>; rows say of what.</summary>
    private sealed class ArrayHandler<T> : SqlMapper.TypeHandler<T[]>
    {
        public override void SetValue(IDbDataParameter parameter, T[]? value) => parameter.Value = value;

        public override T[] Parse(object value) => (T[])value;
    }
}
