// With .NET 10: WEBHOOK_SECRET=whsec_... dotnet run Verify.cs -- "$SIGNATURE" < body.json
// Before .NET 10 the file is the Program.cs of a console project.
using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;

using var input = new MemoryStream();
Console.OpenStandardInput().CopyTo(input);
bool ok = Webhook.Verified(args[0], input.ToArray());
Console.WriteLine(ok ? "verified" : "not verified");
return ok ? 0 : 1;

static class Webhook
{
    // Whether who sent it holds the secret. The signature is the header HEX_HEADER.
    public static bool Verified(string signature, byte[] body)
    {
        string secret = Environment.GetEnvironmentVariable("WEBHOOK_SECRET") ?? "";
        byte[] key = Convert.FromBase64String(secret.StartsWith("whsec_") ? secret.Substring(6) : secret);
        if (key.Length < 16)
            throw new InvalidOperationException("Set WEBHOOK_SECRET to the secret, whsec_...");
        string expected = Convert.ToHexString(HMACSHA256.HashData(key, body)).ToLowerInvariant();
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(expected));
    }
}
