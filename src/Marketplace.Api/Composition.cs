using System.Globalization;
using System.Threading.RateLimiting;
using Marketplace.Kernel;
using Marketplace.Kernel.Files;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Marketplace.Api;

/// <summary>What all modules stand on: database, HTTP rules, observability.</summary>
internal static class Composition
{
    public static void AddDatabase(this IServiceCollection services, DatabaseHome home)
    {
        services.AddSingleton(home);
        services.AddSingleton(_ => DatabaseSource.Create(home.Application, Modules.WithTypes));
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<WriteGate>();
        services.AddSingleton<Clock>();
        services.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<Clock>());
        services.AddSingleton(provider => new Secrets(provider.GetRequiredService<IConfiguration>()["MARKETPLACE_KEYS"]
            ?? Path.Combine(provider.GetRequiredService<IConfiguration>()["MARKETPLACE_DATA"] ?? ".data", "keys")));
        services.AddSingleton<IFileStore>(provider =>
            new LocalFiles(Path.Combine(provider.GetRequiredService<IConfiguration>()["MARKETPLACE_DATA"] ?? ".data", "files")));
        services.AddScoped<TenantFiles>();
        services.AddSingleton<Cursors>();
        services.AddScoped<CurrentActor>();
        services.AddScoped<Database>();
        services.AddSingleton<ForgetOldKeys>();
        services.AddHostedService(provider => provider.GetRequiredService<ForgetOldKeys>());
        services.AddSingleton<TakeCheckpoints>();
        services.AddHostedService(provider => provider.GetRequiredService<TakeCheckpoints>());
        services.AddSingleton<Dispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<Dispatcher>());
    }

    public static void AddHttpRules(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.ConfigureHttpJsonOptions(json => Wire.Received(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Problems.Complete);
        services.AddExceptionHandler<Problems.Handler>();
        services.AddSingleton(new Translations(Modules.All.Append(typeof(Composition).Assembly)));
        services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 9 * 1024 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
        services.AddRateLimiter(limits =>
        {
            // A queue that is full is an answer (503 with Retry-After), never a hang.
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(_ => RateLimitPartition.GetConcurrencyLimiter(
                "all", _ => new ConcurrencyLimiterOptions { PermitLimit = 256, QueueLimit = 1024, QueueProcessingOrder = QueueProcessingOrder.OldestFirst }));
            limits.OnRejected = async (context, _) =>
                await Problems.From(new Refusal("busy", "The service is busy; try again in a moment.", Status: 503)).ExecuteAsync(context.HttpContext);
        });
    }

    public static void UseHttpRules(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(async context =>
        {
            var response = context.HttpContext.Response;
            if (response.ContentType is null && (response.ContentLength ?? 0) == 0)
            {
                await TypedResults.Problem(statusCode: response.StatusCode).ExecuteAsync(context.HttpContext);
            }
        });
        app.Use(SecurityHeaders);
        app.UseRateLimiter();
        app.UseStaticFiles();
        app.UseRouting();
        app.Use(UnknownAddress);
        app.UseMiddleware<FreshRights>();
        app.Use(TenantOfHost(app));
        app.UseMiddleware<RequestBody>();
        app.UseAuthentication();
        app.UseAuthorization();
    }

    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready").AllowAnonymous();
    }

    /// <summary>
    /// Makes the handlers once. Route groups make theirs anew for everybody who asks (authorization, routing, description): a second of
    /// every start, each time.
    /// </summary>
    public static void SealRoutes(this WebApplication app)
    {
        var sources = ((IEndpointRouteBuilder)app).DataSources;
        var made = new DefaultEndpointDataSource([.. sources.SelectMany(source => source.Endpoints)]);
        sources.Clear();
        sources.Add(made);
    }

    public static void AddObservability(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddJsonConsole(json =>
        {
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.None);
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("marketplace"));
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
        {
            // The statements' text is a template with placeholders: no value of a person is in a trace.
            telemetry.WithTracing(tracing => tracing.AddSource(Telemetry.Source.Name).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation()
                    .AddNpgsql().AddOtlpExporter())
                .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation().AddMeter("Npgsql").AddOtlpExporter());
        }
    }

    /// <summary>Writes what only a running process can write, then lets requests in.</summary>
    public static async Task Begin(this WebApplication app)
    {
        var source = app.Services.GetRequiredService<NpgsqlDataSource>();
        var cancel = app.Lifetime.ApplicationStopping;
        await using (var connection = await source.OpenConnectionAsync(cancel))
        {
            await using var read = new NpgsqlCommand("select shift from kernel.clock", connection);
            app.Services.GetRequiredService<Clock>().Shift = (TimeSpan)(await read.ExecuteScalarAsync(cancel))!;
            await using var months = new NpgsqlCommand("select kernel.prepare_months()", connection);
            await months.ExecuteNonQueryAsync(cancel);
        }

        await app.Services.GetRequiredService<Dispatcher>().Announce(cancel);
    }

    private static Task SecurityHeaders(HttpContext http, RequestDelegate next)
    {
        // At the last moment, so that no answer of any middleware goes out without them.
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["X-Frame-Options"] = "DENY";
            if (!Microsoft.Extensions.Primitives.StringValues.IsNullOrEmpty(headers.ContentSecurityPolicy))
            {
                return Task.CompletedTask; // a page of ours that needs one of its own
            }

            headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments("/docs", StringComparison.Ordinal)
                ? "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:; "
                    + "font-src 'self' data:; frame-ancestors 'none'"
                : "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
            return Task.CompletedTask;
        });
        return next(http);
    }

    /// <summary>An unknown address or method is said to everybody: only real endpoints ask who is there.</summary>
    private static Task UnknownAddress(HttpContext http, RequestDelegate next)
    {
        switch (http.GetEndpoint())
        {
            case RouteEndpoint:
                return next(http);
            case { RequestDelegate: { } methodNotAllowed }:
                return methodNotAllowed(http);
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }

    /// <summary>Anonymous requests see the tenant of their host name's first label, else the default tenant.</summary>
    private static Func<HttpContext, RequestDelegate, Task> TenantOfHost(WebApplication app)
    {
        var fallback = app.Configuration["MARKETPLACE_TENANT"] ?? "demo";
        var known = new HashSet<string>(
            (app.Configuration["MARKETPLACE_TENANTS"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            StringComparer.Ordinal);
        return (http, next) =>
        {
            var label = http.Request.Host.Host.Split('.')[0].ToLower(CultureInfo.InvariantCulture);
            http.RequestServices.GetRequiredService<CurrentActor>().Value = Actor.Public(known.Contains(label) ? label : fallback);
            return next(http);
        };
    }

    private sealed class DatabaseHealth(NpgsqlDataSource source) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = source.CreateCommand("select count(*) from kernel.subscription");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (NpgsqlException)
            {
                return HealthCheckResult.Unhealthy("The database does not answer.");
            }
        }
    }
}
