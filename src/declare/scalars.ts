import type { ScalarNode } from './yaml.ts';

export type ScalarKind = 'null' | 'bool' | 'int' | 'float' | 'text';

const decimal = /^[-+]?(0|[1-9]\d*)$/;
const otherInt = /^[-+]?\d+$|^0x[\da-fA-F]+$|^0o[0-7]+$/;
const float = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;

/** What an unquoted word is in YAML 1.2: `yes` is text, `0777` a number. */
export function kindOf({ plain, text }: ScalarNode): ScalarKind {
  if (!plain) return 'text';
  if (/^(~|null|Null|NULL|)$/.test(text)) return 'null';
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return 'bool';
  if (decimal.test(text) || otherInt.test(text)) return 'int';
  return float.test(text) ? 'float' : 'text';
}

/** A scalar where text is wanted, as oscar-cli makes it: null is empty, `1.50` is `1.5`, `1e3` stays. */
export function asText(node: ScalarNode): string {
  const kind = kindOf(node);
  if (kind === 'null') return '';
  if (kind === 'bool') return node.text.toLowerCase();
  if (kind === 'float' && /^[-+]?\d+\.\d+$/.test(node.text)) return String(Number(node.text));
  return kind === 'int' && decimal.test(node.text) ? node.text.replace(/^\+/, '') : node.text;
}

/** A scalar where a whole number is wanted. */
export function asInt(node: ScalarNode): number | undefined {
  const kind = kindOf(node);
  if (kind !== 'int' && kind !== 'float') return undefined;
  const value = Number(node.text);
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}

export const asBool = (node: ScalarNode): boolean | undefined =>
  kindOf(node) === 'bool' ? node.text.toLowerCase() === 'true' : undefined;

/** A scalar as YAML means it, where anything may stand. */
export function asAny(node: ScalarNode): unknown {
  switch (kindOf(node)) {
    case 'null':
      return null;
    case 'bool':
      return asBool(node);
    case 'int':
    case 'float':
      return /\.?(inf|nan)/i.test(node.text) ? node.text : Number(node.text);
    default:
      return node.text;
  }
}
