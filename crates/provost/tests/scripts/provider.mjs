// A provider of OpenID Connect (oidc-provider) for one client. It says its address, is told where to send browsers back
// to, and then serves until it is ended. Whoever signs in has the mail address LOGIN@company.example.
//
// Arguments: folder with the packages, identifier of the client, its secret.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, client, secret] = process.argv.slice(2);
const module = createRequire(`${folder}/`).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(module));

const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
// Another site than that of the server, as in life: cookies must survive the way back.
const issuer = `http://localhost:${server.address().port}`;
console.log(issuer);
const { value: back } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();

const provider = new Provider(issuer, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [back], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub"], email: ["email"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@company.example` }) }),
  cookies: { keys: ["of this test"] },
  pkce: { required: () => true },
});
server.on("request", provider.callback());
console.log("ready");
