using Marketplace.Contracts;
using Microsoft.Extensions.Configuration;

namespace Marketplace.Certification;

/// <summary>
/// Where the public finds a tenant's register (<c>MARKETPLACE_ADDRESS</c>; <c>{tenant}</c> in it stands for the tenant's id), since what is signed
/// names it and must not depend on the host a request claims.
/// </summary>
/// <param name="settings">Where the setting stands.</param>
public sealed class PublicAddress(IConfiguration settings)
{
    private readonly string address = (settings["MARKETPLACE_ADDRESS"] ?? "http://127.0.0.1:5080").TrimEnd('/');

    /// <summary>The address, without a slash at its end.</summary>
    public string Of(string tenant) => address.Replace("{tenant}", tenant, StringComparison.Ordinal);

    /// <summary>The register as a <c>did:web</c>: it signs status lists.</summary>
    public string Did(string tenant) => "did:web:" + new Uri(Of(tenant)).Authority.Replace(":", "%3A", StringComparison.Ordinal);

    /// <summary>A certification body as a <c>did:web</c>: it issues certificates, with the register's keys.</summary>
    public string Did(string tenant, OrganisationId body) => $"{Did(tenant)}:bodies:{body}";
}
