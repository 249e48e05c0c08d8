/** Colours and type. Charts take every colour from variables, in light, dark and print. */

const LIGHT = `
--paper:#fcfbf8;--wash:#f4f2ec;--ink:#1c1e21;--soft:#5a5e64;--hair:#dcd8cf;--grid:#e8e5dd;
--model:#0b6a8e;--truth:#3a3d42;--naive:#b5761b;--complete:#6d95a8;--pruned:#908b80;--quiet:#b9b5ab;--fail:#b23a2b;`;

const DARK = `
--paper:#15181b;--wash:#1c2024;--ink:#e7e4de;--soft:#a3a7ac;--hair:#363b41;--grid:#272c31;
--model:#55b7dd;--truth:#cfccc5;--naive:#dba648;--complete:#5e8ea5;--pruned:#757a81;--quiet:#5a5f65;--fail:#ea7c6d;`;

/** The variables of both modes on a selector; paper is always light. */
export function colours(selector: string): string {
  return (
    `${selector}{${LIGHT.trim()}color-scheme:light dark}` +
    `@media screen and (prefers-color-scheme:dark){${selector}{${DARK.trim()}}}`
  );
}

const TONES = ['model', 'truth', 'naive', 'complete', 'pruned', 'fail', 'quiet']
  .map((tone) => `.${tone}{--tone:var(--${tone})}`)
  .join('');

/** Rules for everything inside a chart; the same in the page and in a picture of its own. */
export const chartRules = `
${TONES}.best{--tone:var(--model)}.train{--tone:var(--complete)}
.plot{overflow:visible}.area{overflow:hidden}.loose{overflow:visible}
.plot text{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}
.plot .name{font-size:13px;fill:var(--ink)}.plot .number{font-size:13px;fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:4px}
.grid{stroke:var(--grid)}.axis,.tickmark{stroke:var(--hair)}.guide{stroke:var(--model);stroke-dasharray:3 3}
.issue{stroke:var(--hair);stroke-dasharray:2 3}
.line{fill:none;stroke:var(--tone);stroke-width:1.25;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
.line.thick{stroke-width:2.25}.line.fine{stroke-width:1}.line.many{stroke-width:1;stroke-opacity:.4}.line.dash{stroke-dasharray:4 3;stroke-linecap:butt}
.dot{fill:var(--tone);stroke:var(--paper);stroke-width:.75}.ring{fill:var(--paper);stroke:var(--tone);stroke-width:1.4}
.stroke{fill:none;stroke:var(--tone);stroke-width:1.6}.bar{fill:var(--tone)}.slash{stroke:var(--paper);stroke-width:2}.ink{fill:var(--tone)}
`.trim();

const FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif';

/** For a picture of its own: variables, rules and type, nothing inherited. */
export const chartCss = `${colours('.standalone')}
.standalone{font-family:${FONTS}}.standalone .narrow{display:none}.paper{fill:var(--paper)}
.heading{font-size:16px;font-weight:600;fill:var(--ink)}.standalone .label{font-size:12px;fill:var(--soft)}
.standalone .ink{fill:var(--tone)}
${chartRules}`;

const LEFTS = Array.from({ length: 16 }, (_, i) => 32 + i * 8)
  .map((left) => `.left${left}{padding-left:${left}px}`)
  .join('');

/** The page. Containers, not windows, decide between wide and narrow ticks. */
export const pageCss = `${colours(':root')}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ${FONTS};font-variant-numeric:tabular-nums}
.sheet{max-width:1120px;margin:0 auto;padding:clamp(24px,5vw,64px) clamp(16px,4vw,48px) 64px}
a{color:var(--model);text-underline-offset:.18em;text-decoration-thickness:1px}
:focus-visible{outline:2px solid var(--model);outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:8px;background:var(--paper);padding:4px 8px}
h1,h2,h3,p,dl,figure,ul{margin:0}
.over{color:var(--soft);font-size:14px;overflow-wrap:anywhere}
h1{font-size:clamp(1.5rem,1.15rem + 1.7vw,2.25rem);line-height:1.16;letter-spacing:-.018em;font-weight:620;max-width:24em;margin:.45em 0 .6em;overflow-wrap:anywhere;text-wrap:balance}
.lede{font-size:clamp(1.05rem,1rem + .3vw,1.2rem);max-width:44em;overflow-wrap:anywhere}
.lede+.lede{margin-top:.6em}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(138px,1fr));gap:24px;margin:36px 0 0;padding:20px 0;border:solid var(--hair);border-width:1px 0}
.figures dt{font-size:13px;color:var(--soft)}.figures dd{margin:2px 0 0;font-size:1.5rem;line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
.figures small{display:block;font-size:13px;letter-spacing:0;color:var(--soft);margin-top:2px}
.good{color:var(--model)}.bad{color:var(--fail)}
nav{margin-top:20px;font-size:14px}nav ul{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;padding:0}
section{margin-top:72px}
h2{font-size:1.4rem;line-height:1.25;letter-spacing:-.01em;font-weight:620;padding-bottom:8px}
h3{font-size:1.02rem;line-height:1.35;font-weight:620;overflow-wrap:anywhere}
.note{color:var(--soft);font-size:15px;max-width:46em;overflow-wrap:anywhere}
figure{margin-top:32px;position:relative;container-type:inline-size;min-width:0;break-inside:avoid}
figcaption .note{font-size:14px;margin-top:2px}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;padding:0;margin-top:8px;font-size:13px;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:7px;overflow-wrap:anywhere}.swatch{flex:none}
.canvas,.bars{overflow:hidden;padding:34px 14px 46px 0}.bars{padding:30px 8px 6px 0}${LEFTS}
.plot{display:block;width:100%}
.narrow{display:none}@container (max-width:660px){.wide{display:none}.narrow{display:inline}}
${chartRules}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:8px 56px;align-items:start}
.pair>*{min-width:0}
.many{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,292px),1fr));gap:0 40px;margin-top:12px}
.many figure{margin-top:20px}
.scroll{overflow-x:auto;margin-top:24px}.failures{margin-top:32px}
table{border-collapse:collapse;font-size:14px;min-width:100%}
caption{text-align:left;color:var(--soft);font-size:14px;padding-bottom:8px}
th,td{padding:7px 0 7px 22px;text-align:right;border-bottom:1px solid var(--hair);white-space:nowrap;vertical-align:top;font-weight:400}
thead th{white-space:normal;color:var(--soft);font-size:13px;vertical-align:bottom}
th:first-child,td:first-child{text-align:left;padding-left:0}
tr.model th,tr.model td,tr.winner th,tr.winner td{font-weight:620}
th.text,td.text{text-align:left}@media (max-width:480px){table{font-size:13px}th,td{padding-left:14px}}
.facts{display:grid;grid-template-columns:fit-content(40%) 1fr;margin-top:16px;font-size:15px}
.facts>div{display:contents}
.facts dt,.facts dd{padding:7px 0;border-bottom:1px solid var(--hair);margin:0;overflow-wrap:anywhere;min-width:0}
.facts dt{color:var(--soft);padding-right:28px}
pre,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.9em}
code{white-space:nowrap}pre code{white-space:inherit}.whole{white-space:nowrap}
pre{margin:16px 0 0;padding:14px 16px;background:var(--wash);border:1px solid var(--hair);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere}
summary{cursor:pointer;font-size:15px;padding:8px 0}
.tip{position:absolute;z-index:1;pointer-events:none;background:var(--paper);border:1px solid var(--hair);border-radius:4px;padding:6px 10px;font-size:13px;line-height:1.45;box-shadow:0 2px 10px rgb(0 0 0/.12);white-space:nowrap;max-width:90%}
.tip b{display:block;font-weight:620}.tip i{font-style:normal;color:var(--soft);padding-right:8px}
.cross{stroke:var(--soft);stroke-width:1}
footer{margin-top:72px;padding-top:16px;border-top:1px solid var(--hair);font-size:13px;color:var(--soft);overflow-wrap:anywhere}
@media print{:root{--paper:#fff}body{font-size:11pt}.sheet{max-width:none;padding:0}nav,.skip,.tip{display:none}section{margin-top:36px}.scroll{overflow:visible}th,td{white-space:normal;padding-left:12px}details::details-content{content-visibility:visible;height:auto}tr{break-inside:avoid}h2,h3{break-after:avoid}}
`.trim();
