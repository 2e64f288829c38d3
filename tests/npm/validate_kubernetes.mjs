// Reads Kubernetes objects as a JSON list on standard input and prints, as JSON, a list of what is wrong with each by
// the schemas of kubernetes-models. A key that no schema knows is wrong too: the API server drops it, and nobody is told.
import { readFileSync } from "node:fs";

const title = (word) => word[0].toUpperCase() + word.slice(1);

async function schemaOf({ apiVersion, kind }) {
  const [version, group] = apiVersion.split("/").reverse();
  if (group === "monitoring.coreos.com") {
    const name = `ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoring${title(version)}${kind}.js`;
    return import(new URL(`node_modules/@kubernetes-models/prometheus-operator/_schemas/${name}`, import.meta.url));
  }
  const name = title((group ?? "core").split(".")[0]);
  return import(new URL(`node_modules/kubernetes-models/_schemas/IoK8sApi${name}${title(version)}${kind}.js`, import.meta.url));
}

// `value` as a validator sees it; every key that it asks for goes to `asked`, by path. What it never asks for it does not know.
function watched(value, path, asked) {
  if (value === null || typeof value !== "object") return value;
  const children = new Map();
  return new Proxy(value, {
    get(target, key) {
      if (typeof key === "string") asked.add(`${path}/${key}`);
      if (!children.has(key)) children.set(key, watched(target[key], `${path}/${String(key)}`, asked));
      return children.get(key);
    },
  });
}

function* unknown(value, path, asked) {
  if (value === null || typeof value !== "object") return;
  for (const [key, child] of Object.entries(value)) {
    const place = `${path}/${key}`;
    if (!asked.has(place)) yield `${place}: unknown key`;
    else yield* unknown(child, place, asked);
  }
}

const reports = [];
for (const object of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    const { validate } = await schemaOf(object);
    const asked = new Set();
    const isValid = validate(watched(object, "", asked));
    const errors = isValid ? [] : (validate.errors ?? []).map((error) => `${error.instancePath}: ${error.message ?? error.keyword}`);
    reports.push([...errors, ...unknown(object, "", asked)]);
  } catch (error) {
    reports.push([`no schema for ${object.apiVersion} ${object.kind}: ${error.message}`]);
  }
}
console.log(JSON.stringify(reports));
