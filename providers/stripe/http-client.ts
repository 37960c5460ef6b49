import { Stripe } from "stripe";

/**
 * The SDK's own client, which takes no answer but an object: at JSON of another kind, as a proxy may send it, the
 * SDK trips where nobody catches it, which would end the process.
 */
export function createHttpClient(): ReturnType<typeof Stripe.createNodeHttpClient> {
  const client = Stripe.createNodeHttpClient();
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = async (...request) => {
    const response = await makeRequest(...request);
    const toJSON = response.toJSON.bind(response);
    response.toJSON = async () => {
      const answer: unknown = await toJSON();
      if (typeof answer !== "object" || answer === null) throw new SyntaxError("the answer is no object");
      return answer;
    };
    return response;
  };
  return client;
}
