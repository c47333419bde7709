using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Marketplace.Api.OpenApi;

/// <summary>The description of the API: OpenAPI 3.1 at <c>/openapi/v1.json</c> and a page to read it at <c>/docs</c>, with no request to another host.</summary>
internal static class Description
{
    public static void AddDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Marketplace",
                Version = "v1",
                Description = "From the garden to the shelf: registration, certification, catalogue, bulk orders over hundreds of small lots, collection, payment. "
                    + "Every error is an RFC 9457 problem with a stable `code`. Lists are pages with an opaque `cursor`.",
                License = new OpenApiLicense { Name = "Proprietary", Identifier = "LicenseRef-Proprietary" },
            };
            document.Servers = [new OpenApiServer { Url = "/" }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A session token or an API key." },
            };
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer(Schemas);
        options.AddOperationTransformer(Operations);
    });

    public static void MapDescription(this WebApplication app)
    {
        app.MapOpenApi().AllowAnonymous();
        app.MapScalarApiReference("/docs", docs => docs.WithTitle("Marketplace API").DisableDefaultFonts()).AllowAnonymous();
    }

    private static Task Schemas(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancel)
    {
        // Dates have a converter of their own as well, see Wire.Received.
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(DateOnly) || type == typeof(DateTimeOffset))
        {
            var absent = type != context.JsonTypeInfo.Type && context.ParameterDescription?.Source != BindingSource.Query;
            schema.Type = absent ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
            schema.Format = type == typeof(DateOnly) ? "date" : "date-time";
        }

        Shape(schema, type);
        if (context.JsonTypeInfo is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element } && schema.Items is null)
        {
            // The exporter knows nothing of elements with a converter of their own and leaves them out.
            var items = new OpenApiSchema();
            Shape(items, Nullable.GetUnderlyingType(element) ?? element);
            schema.Items = items;
        }

        return Task.CompletedTask;
    }

    private static void Shape(OpenApiSchema schema, Type type)
    {
        var valueObject = type.GetCustomAttributesData().FirstOrDefault(data => data.AttributeType.Name.StartsWith("ValueObject", StringComparison.Ordinal));
        if (valueObject is not null)
        {
            var isText = type.GetProperty("Value")!.PropertyType == typeof(string);
            schema.Type = JsonSchemaType.String;
            schema.Format = isText ? null : "uuid";
            schema.Pattern = !isText ? null : type.Name == "ProductCode" ? "^[a-z0-9_]{2,40}$" : "^[a-z0-9-]{2,40}$";
            schema.Properties?.Clear();
        }
        else if (type == typeof(Quantity))
        {
            Object(schema, ("amount", new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0", Maximum = "1000000000000" }),
                ("unit", new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("GRM"), JsonValue.Create("MLT"), JsonValue.Create("H87")] }));
            schema.Description = "A whole number of the unit's smallest step. On input also {\"value\": \"12.5\", \"unit\": \"KGM\"}.";
            schema.Required = null;
            schema.Properties!["value"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Pattern = "^[0-9]+([.][0-9]+)?$",
                Description = "Input only, instead of amount: a decimal of KGM, TNE, LTR or H87.",
            };
            schema.Properties["unit"] = OneOf("GRM", "MLT", "H87", "KGM", "TNE", "LTR");
        }
        else if (type == typeof(UnitPrice))
        {
            Object(schema, ("value", new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[0-9]+([.][0-9]{1,4})?$" }),
                ("currency", new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("KZT"), JsonValue.Create("KGS")] }),
                ("per", OneOf("KGM", "TNE", "LTR", "H87", "GRM", "MLT")));
            schema.Description = "A price for one unit, exact to 1/10,000 of the currency unit.";
        }
    }

    private static OpenApiSchema OneOf(params string[] texts) =>
        new() { Type = JsonSchemaType.String, Enum = [.. texts.Select(text => (JsonNode)JsonValue.Create(text)!)] };

    private static void Object(OpenApiSchema schema, params (string Name, OpenApiSchema Schema)[] members)
    {
        schema.Type = JsonSchemaType.Object;
        schema.Properties = members.ToDictionary(member => member.Name, member => (IOpenApiSchema)member.Schema);
        schema.Required = members.Select(member => member.Name).ToHashSet();
        schema.AdditionalPropertiesAllowed = false;
    }

    private static Task Operations(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var rules = metadata.OfType<IAuthorizeData>().ToList();
        if (metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [];
        }
        else
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", context.Document)] = [] }];
            var roles = rules.Where(rule => rule.Roles is not null).SelectMany(rule => rule.Roles!.Split(',')).Distinct().ToList();
            operation.Description = string.Join("\n\n", new[]
            {
                operation.Description,
                roles.Count == 0 ? "Any signed-in caller." : $"Roles: {string.Join(", ", roles.Select(role => $"`{role}`"))}.",
                rules.Any(rule => rule.Policy == Routes.StepUp) ? "Needs a second factor shown within the last five minutes." : null,
            }.Where(text => !string.IsNullOrWhiteSpace(text)));
        }

        if (metadata.OfType<MovesSomething>().Any())
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Required = true,
                Description = "1 to 255 characters, kept 30 days: the same request again gets the first answer; another request with the key is "
                    + "refused (422 `key-reused`).",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 },
            });
        }

        if (context.Description.ParameterDescriptions.Any(parameter => parameter.Type == typeof(IfMatch))
            || metadata.OfType<System.Reflection.MethodInfo>().Any(method => method.GetParameters().Any(parameter => parameter.ParameterType == typeof(IfMatch))))
        {
            operation.Parameters = [.. (operation.Parameters ?? []).Where(parameter => parameter.Name != "match")];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "If-Match",
                In = ParameterLocation.Header,
                Required = true,
                Description = "The `ETag` of the version the edit starts from; 428 without it, 412 when somebody was faster.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        return Task.CompletedTask;
    }
}
