// A second opinion on `natless policy evaluate`: reads its JSON lines on standard input and prints, line by line, the
// verdict that @cloud-copilot/iam-simulate gives on the resource policy alone (no identity policy), with the endpoint
// policies as further gates.
//
//   in   {"id":1,"policy":{..},"endpoint_policies":[{..}],"request":{"principal":null,"action":"s3:GetObject",
//         "resource":"arn:aws:s3:::b/k","resource_account":"111122223333","context":{"aws:SourceVpce":"vpce-1"}}}
//   out  {"id":1,"decision":"allowed","detail":null}
//
// `decision` is allowed, allowed_for_account, explicit_deny, implicit_deny or error. `detail` is null where the answer
// can be compared with natless's as it stands; otherwise it is an object with one or more of
//   error        what iam-simulate refused, and why
//   ignored_keys keys of the request that it dropped, because its tables do not list them for the action and resource
//   coerced_keys keys whose value it changed in kind: one value made a list, or the first taken from a list
//   divergences  constructs in the input that iam-simulate is known to read otherwise than AWS documents (README.md)
//
// iam-simulate is licensed under the AGPL: it is a process of its own beside the tests, and no part of natless.

import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { anonymousPrincipal, isConditionKeyArray, runSimulation, typeForContextKey } from '@cloud-copilot/iam-simulate'

// Dates without a zone are UTC.
process.env.TZ = 'UTC'

const RESOURCE_DECISIONS = {
  Allowed: 'allowed',
  AllowedForAccount: 'allowed_for_account',
  ExplicitlyDenied: 'explicit_deny',
  DeniedForAccount: 'explicit_deny',
  ImplicitlyDenied: 'implicit_deny',
  NotApplicable: 'implicit_deny'
}

/** Evaluates one input line (parsed) and answers the output line as an object. */
export async function evaluate(line) {
  const id = line?.id ?? null
  try {
    const context = contextOf(line.request.context ?? {})
    const gates = line.endpoint_policies ?? []
    const first = await simulate(line, context, gates[0])
    if (first.error) return { id, decision: 'error', detail: { error: first.error } }
    let decision = first.decision
    const endpoints = gates.length > 0 ? [first.endpoint] : []
    for (const gate of gates.slice(1)) {
      const next = await simulate(line, context, gate)
      if (next.error) return { id, decision: 'error', detail: { error: next.error } }
      endpoints.push(next.endpoint)
    }
    if (decision === 'explicit_deny' || endpoints.includes('ExplicitlyDenied')) decision = 'explicit_deny'
    else if (endpoints.includes('ImplicitlyDenied')) decision = 'implicit_deny'

    const detail = {}
    if (first.ignored.length > 0) detail.ignored_keys = first.ignored
    const coerced = await coercedKeys(context, first.ignored)
    if (coerced.length > 0) detail.coerced_keys = coerced
    const found = divergences(line, context)
    if (found.length > 0) detail.divergences = found
    return { id, decision, detail: Object.keys(detail).length > 0 ? detail : null }
  } catch (error) {
    return { id, decision: 'error', detail: { error: String(error?.message ?? error) } }
  }
}

async function simulate(line, context, endpointPolicy) {
  const { principal, action, resource, resource_account: account } = line.request
  const answer = await runSimulation(
    {
      request: {
        principal: principal === null || principal === undefined ? anonymousPrincipal : principal,
        action,
        resource: { resource, accountId: account },
        contextVariables: context
      },
      identityPolicies: [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: line.policy,
      ...(endpointPolicy === undefined
        ? {}
        : { vpcEndpointPolicies: [{ name: 'endpoint', policy: endpointPolicy }] })
    },
    { simulationMode: 'Strict' }
  )
  if (answer.resultType === 'error') return { error: errorText(answer.errors) }
  if (answer.resultType !== 'single') return { error: 'wildcard in the resource of the request' }
  const { analysis, ignoredContextKeys } = answer.result
  return {
    decision: RESOURCE_DECISIONS[analysis.resourceAnalysis?.result ?? 'NotApplicable'],
    endpoint: analysis.endpointAnalysis?.result,
    ignored: ignoredContextKeys ?? []
  }
}

function errorText(errors) {
  const { message, ...rest } = errors
  return Object.keys(rest).length > 0 ? `${message} ${JSON.stringify(rest)}` : message
}

/** The request's context with scalars as text, which is the only kind that iam-simulate compares. */
function contextOf(raw) {
  const context = {}
  for (const [key, value] of Object.entries(raw)) {
    context[key] = Array.isArray(value) ? value.map(String) : String(value)
  }
  return context
}

async function coercedKeys(context, ignored) {
  const coerced = []
  for (const [key, value] of Object.entries(context)) {
    if (ignored.includes(key)) continue
    const isList = isConditionKeyArray(await typeForContextKey(key.toLowerCase()))
    if (isList !== Array.isArray(value)) coerced.push(key)
  }
  return coerced
}

const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value])

/** Names of the constructs in the input that iam-simulate reads otherwise than AWS documents, or that AWS leaves open. */
function divergences(line, context) {
  const found = new Set()
  const present = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))
  if (/[\n\r\u2028\u2029]/.test(line.request.resource)) found.add('line-break')
  if (/[\ud800-\udfff]/.test(line.request.resource)) found.add('character-beyond-16-bits')
  const caller = String(line.request.principal ?? '')
  if (caller.includes(':federated-user/')) found.add('federated-user-session')
  for (const policy of [line.policy, ...(line.endpoint_policies ?? [])]) {
    if (policy?.Version !== '2012-10-17' && JSON.stringify(policy ?? {}).includes('${')) found.add('variable-in-version-2008')
    for (const statement of list(policy?.Statement)) {
      principalDivergences(statement.Principal ?? statement.NotPrincipal, caller, found)
      for (const resource of [...list(statement.Resource), ...list(statement.NotResource)]) {
        resourceDivergences(String(resource), present, found)
      }
      for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
        for (const [key, raw] of Object.entries(keys ?? {})) {
          conditionDivergences(operator.toLowerCase(), list(raw).map(String), present.get(key.toLowerCase()), present, found)
        }
      }
    }
  }
  return [...found].sort()
}

/** A session is compared with the name of its role without case. */
function principalDivergences(element, caller, found) {
  const session = caller.match(/:assumed-role\/([^/]+)\//)?.[1]
  if (session === undefined) return
  for (const named of list(element?.AWS)) {
    const role = String(named).match(/:role\/(?:.*\/)?([^/]+)$/)?.[1]
    if (role !== undefined && role !== session && role.toLowerCase() === session.toLowerCase()) found.add('role-name-in-other-case')
  }
}

function resourceDivergences(resource, present, found) {
  const fields = resource.split(':')
  if (resource !== '*' && fields.length < 6) found.add('resource-with-fewer-than-six-fields')
  const prefix = fields.slice(0, 5).join(':')
  if (prefix !== prefix.toLowerCase()) found.add('resource-in-upper-case')
  if (fields.length >= 6 && fields[0] !== 'arn') found.add('resource-prefix-not-checked')
  variableDivergences([resource], false, present, found)
}

function conditionDivergences(operator, values, actual, present, found) {
  const negated = operator.includes('not')
  const base = operator.replace(/^for(any|all)values?:/, '').replace(/ifexists$/, '')
  const actuals = list(actual)
  const texts = values.concat(actuals)
  if (operator.startsWith('foranyvalue:') && operator.endsWith('ifexists') && actual === undefined) {
    found.add('for-any-value-if-exists-on-an-absent-key')
  }
  if (base === 'null' && operator !== 'null') found.add('null-with-a-set-operator')
  if (actuals.includes('')) found.add('empty-value')
  if (texts.some((text) => /[\n\r\u2028\u2029]/.test(text))) found.add('line-break')
  if (texts.some((text) => /[\ud800-\udfff]/.test(text))) found.add('character-beyond-16-bits')

  const variables = values.filter((value) => value.includes('${'))
  if (base.startsWith('string') || base.startsWith('arn')) variableDivergences(values, negated, present, found)
  else if (variables.length > 0) found.add('variable-in-another-operator')
  if (base.startsWith('arn') && variables.length > 0) found.add('variable-in-an-arn-operator')
  if (/^string(not)?equals/.test(base) && values.some((value) => /\$\{[*?$]\}/.test(value))) found.add('escape-in-string-equals')

  if (base.endsWith('ipaddress')) addressDivergences(values, actuals, negated, found)
  if (base.startsWith('arn')) {
    if (texts.some((text) => text.split(':').length < 6)) found.add('arn-with-fewer-than-six-fields')
    else if (values.some((value) => value.split(':')[0] !== 'arn')) found.add('arn-prefix-not-checked')
  }
  if (base.startsWith('date')) dateDivergences(texts, found)
  if (base.startsWith('numeric') && texts.some((text) => !/^-?\d{1,15}(\.\d{1,6})?$/.test(text))) found.add('number-not-plain')
}

function variableDivergences(values, negated, present, found) {
  for (const value of values) {
    for (const [, inside] of value.matchAll(/\$\{(.*?)\}/g)) {
      if (['*', '?', '$'].includes(inside)) continue
      const [name, fallback] = inside.split(/,(.*)/s)
      const actual = present.get(name.trim().toLowerCase())
      if (Array.isArray(actual)) found.add('variable-of-a-list')
      if (actual === '') found.add('variable-with-an-empty-value')
      if (actual === undefined && fallback === undefined && negated) found.add('unset-variable-in-a-negated-operator')
      if (fallback !== undefined && !/^ '[^']+'$/.test(fallback)) found.add('unusual-default-of-a-variable')
    }
  }
}

function addressDivergences(values, actuals, negated, found) {
  for (const value of values) {
    const [address, length] = value.split('/')
    const six = address.includes(':')
    if (length === '0' && !six) found.add('cidr-of-length-zero')
    if (six && address.includes('.')) found.add('ipv4-in-ipv6')
    if (length === undefined && (six || (negated && actuals.some((actual) => actual.includes(':'))))) {
      found.add('ip-address-without-prefix')
    }
    if (!six && !/^(\d{1,3}\.){3}\d{1,3}$/.test(address)) found.add('not-an-address')
  }
  if (actuals.some((actual) => actual.includes(':') && actual.includes('.'))) found.add('ipv4-in-ipv6')
  if (actuals.some((actual) => !actual.includes(':') && !/^(\d{1,3}\.){3}\d{1,3}$/.test(actual))) found.add('not-an-address')
}

function dateDivergences(texts, found) {
  const epochs = texts.filter((text) => /^-?\d+$/.test(text)).length
  if (epochs !== 0 && epochs !== texts.length) found.add('epoch-compared-with-a-date')
  if (texts.some((text) => !/^-?\d+$/.test(text) && !/^\d{4}-\d\d(-\d\d(T\d\d:\d\d.*)?)?$/.test(text))) {
    found.add('date-not-iso-8601')
  }
}

async function main() {
  const input = createInterface({ input: process.stdin, crlfDelay: Infinity })
  let chunk = ''
  for await (const text of input) {
    if (text.trim() === '') continue
    let parsed
    try {
      parsed = JSON.parse(text)
    } catch (error) {
      chunk += JSON.stringify({ id: null, decision: 'error', detail: { error: `not JSON: ${error.message}` } }) + '\n'
      continue
    }
    chunk += JSON.stringify(await evaluate(parsed)) + '\n'
    if (chunk.length < 1 << 16) continue
    const room = process.stdout.write(chunk)
    chunk = ''
    if (!room) await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
  process.stdout.write(chunk)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
