// The composed request in other languages. Each makes the same values by the same rule.
const quote = text => JSON.stringify(text);
const list = numbers => `[${numbers.join(', ')}]`;

export function snippets({ origin, model, inputs, withKey }) {
  const path = `v2/models/${encodeURIComponent(model.name)}/versions/${model.version}/infer`;
  const url = `${origin}/${path}`;
  return [
    { title: 'curl', text: curl(url, inputs, withKey) },
    { title: 'C#, with AttentionML.Serving.Client', text: csharp(origin, model, inputs, withKey) },
    { title: 'Python, with its standard library', text: python(url, inputs, withKey) },
  ];
}

// In a here-document these have a meaning for the shell.
const literal = text => text.replace(/[\\$`]/g, '\\$&');

const shellRules = { sine: 'sin(i)', counting: 'i % 10', ones: '1' };

function curl(url, inputs, withKey) {
  const tensors = inputs.map(({ name, datatype, shape, rule, own, count }) => {
    const values = rule === 'own' ? own.join(',')
      : datatype === 'BOOL' ? `$(values ${count} '"true"')`
      : `$(values ${count} '${shellRules[rule]}')`;
    return `  {"name":${literal(quote(name))},"datatype":"${datatype}","shape":[${shape}],"data":[${values}]}`;
  });
  const needsValues = inputs.some(({ rule }) => rule !== 'own');
  return [
    ...needsValues ? [String.raw`values() { awk -v CONVFMT=%.9g "BEGIN { for (i = 0; i < $1; i++) printf \"%s%s\", i ? \",\" : \"\", $2 }"; }`] : [],
    `curl -s ${url}${withKey ? ' -H "Authorization: Bearer $KEY"' : ''} -d @- <<END`,
    '{"inputs":[',
    tensors.join(',\n'),
    ']}',
    'END',
  ].join('\n');
}

const csharpTypes = {
  BOOL: 'bool', INT8: 'sbyte', INT16: 'short', INT32: 'int', INT64: 'long', UINT8: 'byte', UINT16: 'ushort', UINT32: 'uint', UINT64: 'ulong', FP32: 'float', FP64: 'double',
};

function csharp(origin, model, inputs, withKey) {
  const tensors = inputs.map(({ name, datatype, shape, rule, own, count }) => {
    const type = csharpTypes[datatype];
    const value = { sine: `(${type})Math.Sin(i)`, counting: `(${type})(i % 10)`, ones: datatype === 'BOOL' ? 'true' : `(${type})1` }[rule];
    const values = rule === 'own' ? `[${own.map(number => datatype === 'FP32' ? `${number}f` : number).join(', ')}]` : `[.. Enumerable.Range(0, ${count}).Select(i => ${value})]`;
    return `    ClientTensor.Of<${type}>(${quote(name)}, ${list(shape)}, ${values}),`;
  });
  return [
    'using AttentionML.Serving.Client;',
    '',
    `using var client = new HttpInferenceClient(new Uri(${quote(origin)})${withKey ? ', new() { ApiKey = key }' : ''});`,
    `using var outputs = await client.InferAsync(${quote(model.name)},`,
    '[',
    ...tensors,
    `], version: ${quote(model.version)});`,
    ...model.outputs.filter(output => output.datatype in csharpTypes).map((output, place) =>
      `ReadOnlySpan<${csharpTypes[output.datatype]}> output${place} = outputs[${quote(output.name)}].As<${csharpTypes[output.datatype]}>();`),
  ].join('\n');
}

function python(url, inputs, withKey) {
  const tensors = inputs.map(({ name, datatype, shape, rule, own, count }) => {
    const value = { sine: 'math.sin(i)', counting: 'i % 10', ones: datatype === 'BOOL' ? 'True' : '1' }[rule];
    const values = rule !== 'own' ? `[${value} for i in range(${count})]` : list(own.map(number => number === true ? 'True' : number === false ? 'False' : number));
    return `    {"name": ${quote(name)}, "datatype": "${datatype}", "shape": ${list(shape)}, "data": ${values}},`;
  });
  return [
    'import json, math, urllib.request',
    '',
    'body = {"inputs": [',
    ...tensors,
    ']}',
    `request = urllib.request.Request(${quote(url)}, json.dumps(body).encode()${withKey ? ', {"Authorization": f"Bearer {key}"}' : ''})`,
    'print(json.load(urllib.request.urlopen(request))["outputs"])',
  ].join('\n');
}
