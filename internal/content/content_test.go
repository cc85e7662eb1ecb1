package content_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

var samples = map[string]func() content.Document{
	"qingnian-2": contenttest.QingnianNo2,
	"full":       contenttest.Full,
}

func write(t *testing.T, dir string, files []content.File) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func marshal(t *testing.T, doc content.Document) []content.File {
	t.Helper()
	files, err := content.Marshal(doc.Site, doc.Items, doc.Tasks...)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSamplesAreGolden(t *testing.T) {
	for name, sample := range samples {
		t.Run(name, func(t *testing.T) {
			want := sample()
			files := marshal(t, want)
			dir := filepath.Join("testdata", name)
			if *update {
				write(t, dir, files)
			}
			for _, f := range files {
				golden, err := os.ReadFile(filepath.Join(dir, f.Name))
				if err != nil || string(golden) != string(f.Data) {
					t.Errorf("%s/%s is stale (%v): run go test ./internal/content -update", dir, f.Name, err)
				}
			}
			got, err := content.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Site, want.Site) || !reflect.DeepEqual(got.Items, want.Items) || !reflect.DeepEqual(got.Tasks, want.Tasks) {
				t.Error("what was loaded differs from what was written")
			}
			if len(got.Revision) != 64 {
				t.Errorf("revision %q", got.Revision)
			}
			if item := got.Item(want.Items[0].Name); item == nil || item.Name != want.Items[0].Name {
				t.Error("Item does not find the first item")
			}
			if got.Item("absent") != nil {
				t.Error("Item finds what is not there")
			}
		})
	}
}

func TestMarshalSplitsAndIsDeterministic(t *testing.T) {
	doc := contenttest.QingnianNo2()
	doc.Items = nil
	padding := strings.Repeat("长", 1300)
	for i := range 900 {
		item := content.Item{Name: "item-" + string(rune('a'+i%26)) + strings.Repeat("x", i/26), Title: content.Text{ZH: padding}}
		doc.Items = append(doc.Items, item)
	}
	first, second := marshal(t, doc), marshal(t, doc)
	if !reflect.DeepEqual(first, second) {
		t.Error("two renderings differ")
	}
	if len(first) < 4 {
		t.Fatalf("%d files, expected the items to be split", len(first))
	}
	for _, f := range first {
		if len(f.Data) > content.MaxFileBytes {
			t.Errorf("%s holds %d bytes", f.Name, len(f.Data))
		}
	}
	// Any order of reading gives the same document.
	shuffled := append([]content.File{}, first[2:]...)
	shuffled = append(shuffled, first[:2]...)
	a, err := content.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := content.Parse(shuffled)
	if err != nil {
		t.Fatal(err)
	}
	if a.Revision != b.Revision || !reflect.DeepEqual(a.Items, doc.Items) {
		t.Error("the order of files matters")
	}
}

func TestLoadReadsMountedConfigMaps(t *testing.T) {
	dir := t.TempDir()
	files := marshal(t, contenttest.QingnianNo2())
	// As the kubelet mounts: site/..data -> ..1, site/site.json -> ..data/site.json.
	write(t, filepath.Join(dir, "site", "..1"), files[:1])
	write(t, filepath.Join(dir, "items"), files[1:])
	for link, target := range map[string]string{"site/..data": "..1", "site/site.json": "..data/site.json"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, []content.File{{Name: "notes.json", Data: []byte("{")}, {Name: "README", Data: []byte("x")}})
	doc, err := content.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Items) != len(contenttest.QingnianNo2().Items) {
		t.Errorf("%d items", len(doc.Items))
	}
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	empty := t.TempDir()
	for _, dir := range []string{empty, filepath.Join(empty, "absent")} {
		if _, err := content.Load(dir); !errors.Is(err, content.ErrNoContent) || !strings.Contains(err.Error(), "mount") {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	site := func(json string) []content.File { return []content.File{{Name: "site.json", Data: []byte(json)}} }
	const ok = `{"schemaVersion":1,"community":{"namespace":"a","name":"b","displayName":{"zh":"甲"},"subdistrict":{"zh":"乙"},"households":1,"residents":2}`
	huge := content.File{Name: "items-0000.json", Data: make([]byte, 1<<20+1)}
	for name, c := range map[string]struct {
		files []content.File
		want  string
	}{
		"nothing":       {nil, "mount the community's content ConfigMap"},
		"two sites":     {append(site(ok+"}"), site(ok+"}")...), "content of one community only"},
		"half written":  {site(ok), "not whole JSON"},
		"empty":         {site(""), "not whole JSON"},
		"no version":    {site("{}"), "schemaVersion is missing"},
		"null":          {site("null"), "schemaVersion is missing"},
		"newer":         {site(`{"schemaVersion":2}`), "roll out the station image"},
		"wrong type":    {site(`{"schemaVersion":1,"community":{"households":"many"}}`), `field "community.households" holds a JSON string`},
		"overflow":      {site(`{"schemaVersion":1,"community":{"households":1e30}}`), "households"},
		"negative":      {site(strings.Replace(ok, `"households":1`, `"households":-1`, 1) + "}"), "community.households: -1 is out of range"},
		"no name":       {site(strings.Replace(ok, `"zh":"甲"`, `"zh":""`, 1) + "}"), "community.displayName: is empty"},
		"language":      {site(ok + `,"languages":["zh-CN","tlh"]}`), `languages[1]: "tlh" is not spoken`},
		"language 2":    {site(ok + `,"languages":["en","en"]}`), "name each language once"},
		"link":          {site(ok + `,"neighbours":[{"name":"n","displayName":{"zh":"丙"},"url":"javascript:alert(1)"}]}`), "neighbours[0].url"},
		"hours":         {site(ok + `,"station":{"name":"s","displayName":{"zh":"站"},"openingHours":[{"days":["Mon"],"opens":"18:00","closes":"09:00"}]}}`), "close after opening"},
		"clock":         {site(ok + `,"station":{"name":"s","displayName":{"zh":"站"},"openingHours":[{"days":["Mon"],"opens":"9","closes":"25:00"}]}}`), "write them like 09:00"},
		"day":           {site(ok + `,"station":{"name":"s","displayName":{"zh":"站"},"openingHours":[{"days":["Someday"],"opens":"09:00","closes":"10:00"}]}}`), "is no day"},
		"amount":        {site(ok + `,"budget":[{"name":{"zh":"费"},"yearlyAmount":"1e5","currency":"yuan"}]}`), "write a decimal like 35000.00"},
		"met unknown":   {site(ok + `,"norms":[{"rule":"r","title":{"zh":"则"},"met":true}]}`), "met though unknown"},
		"outline":       {site(ok + `,"grids":[{"name":"g","title":{"zh":"格"},"outline":[[342000000,1089000000]]}]}`), "longitude then latitude"},
		"form kind":     {site(ok + `,"forms":[{"kind":"gossip","item":"gossip","title":{"zh":"闲话"},"fields":[]}]}`), `"gossip" has no form`},
		"form twice":    {site(ok + `,"forms":[{"kind":"opinion","item":"o","title":{"zh":"一"},"fields":[]},{"kind":"opinion","item":"o","title":{"zh":"二"},"fields":[]}]}`), "give each its own name"},
		"field type":    {site(ok + `,"forms":[{"kind":"opinion","item":"o","title":{"zh":"一"},"fields":[{"zh":"二","type":"Iris"}]}]}`), "forms[0].fields[0].type"},
		"survey day":    {site(ok + `,"surveys":[{"name":"s","title":{"zh":"一"},"from":"soon","until":"2026-01-01"}]}`), "is no day"},
		"question type": {site(ok + `,"surveys":[{"name":"s","title":{"zh":"一"},"from":"2026-01-01","until":"2026-01-02","questions":[{"name":"q","title":{"zh":"二"},"type":"Text"}]}]}`), "is no type of a question"},
		"items object":  {append(site(ok+"}"), content.File{Name: "items-0000.json", Data: []byte("{}")}), "items-0000.json"},
		"item twice":    {append(site(ok+"}"), content.File{Name: "items-0000.json", Data: []byte(`[{"name":"a","title":{"zh":"一"}},{"name":"a","title":{"zh":"二"}}]`)}), "give each its own name"},
		"item path":     {append(site(ok+"}"), content.File{Name: "items-0000.json", Data: []byte(`[{"name":"../x","title":{"zh":"一"}}]`)}), "is no name"},
		"task twice":    {append(site(ok+"}"), content.File{Name: "tasks-0000.json", Data: []byte(`[{"name":"a/b","title":{"zh":"一"}},{"name":"a/b","title":{"zh":"二"}}]`)}), "name each task once"},
		"task path":     {append(site(ok+"}"), content.File{Name: "tasks-0000.json", Data: []byte(`[{"name":"../b","title":{"zh":"一"}}]`)}), "write namespace/name"},
		"task money":    {append(site(ok+"}"), content.File{Name: "items-0000.json", Data: []byte(`[{"name":"a.b","title":{"zh":"一"},"task":{"name":"a/b","title":{"zh":"一"},"yearlyFunding":"12"}}]`)}), "items[0].task.yearlyFunding"},
		"tasks object":  {append(site(ok+"}"), content.File{Name: "tasks-0000.json", Data: []byte("{}")}), "tasks-0000.json"},
		"too many task": {append(site(ok+"}"), content.File{Name: "tasks-0000.json", Data: []byte("[{}" + strings.Repeat(",{}", 1000) + "]")}), "more than 1000 tasks"},
		"too large":     {append(site(ok+"}"), huge), "split it over several files"},
		"too many":      {make([]content.File, 33), "mount only this community's content"},
		"too many item": {append(site(ok+"}"), content.File{Name: "items-0000.json", Data: []byte("[{}" + strings.Repeat(",{}", 1000) + "]")}), "offer fewer items"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := content.Parse(c.files)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want …%s…", err, c.want)
			}
		})
	}
	if _, err := content.Parse(site(`{"schemaVersion":7}`)); !errors.Is(err, content.ErrNewerSchema) {
		t.Error("a newer schema is not told apart")
	}
	if _, err := content.Parse(site(ok + `,"someday":{"new":1}}`)); err != nil {
		t.Errorf("an unknown field is refused: %v", err)
	}
}

// A reader of the release before tasks were disclosed in full finds in an item
// what it looked for there, and passes over the files it does not know.
func TestEarlierReadersUnderstand(t *testing.T) {
	var items []struct {
		Task *struct {
			Name       string         `json:"name"`
			LegalBasis []content.Text `json:"legalBasis"`
			Funding    content.Text   `json:"funding"`
		} `json:"task"`
	}
	files := marshal(t, contenttest.Full())
	if err := json.Unmarshal(files[1].Data, &items); err != nil {
		t.Fatal(err)
	}
	task := items[0].Task
	if task == nil || task.LegalBasis[0].EN != "Sample City Regulation on the rights of older people, article 10" || task.Funding.ZH == "" {
		t.Errorf("an earlier reader finds %+v", task)
	}
	if last := files[len(files)-1]; last.Name != "tasks-0000.json" {
		t.Errorf("tasks without items stand in %s, which an earlier reader would read as items", last.Name)
	}
}

func TestAdmitted(t *testing.T) {
	doc := contenttest.Full()
	again := doc.Items[0]
	again.Name = "second-item"
	doc.Items = append(doc.Items, again)
	var names []string
	for _, task := range doc.Admitted() {
		names = append(names, task.Name)
	}
	if want := "civil-affairs/elder-allowance civil-affairs/minimum-living human-resources/employment-registration market-supervision/food-safety-publicity market-supervision/street-stalls old-operator/plain"; strings.Join(names, " ") != want {
		t.Errorf("admitted %v", names)
	}
	if got := content.Slug("civil-affairs/old-age.allowance"); got != "civil-affairs.old-age.allowance" {
		t.Errorf("slug %s", got)
	}
}

func TestMarshalRefusesWhatParseRefuses(t *testing.T) {
	doc := contenttest.QingnianNo2()
	doc.Site.Community.DisplayName = content.Text{}
	if _, err := content.Marshal(doc.Site, doc.Items, doc.Tasks...); err == nil {
		t.Error("an invalid document was written")
	}
}

func FuzzParse(f *testing.F) {
	for _, sample := range samples {
		doc := sample()
		files, err := content.Marshal(doc.Site, doc.Items, doc.Tasks...)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(files[0].Data, files[1].Data)
	}
	f.Add([]byte(`{"schemaVersion":1}`), []byte(`[null,{}]`))
	f.Fuzz(func(t *testing.T, site, items []byte) {
		doc, err := content.Parse([]content.File{{Name: "site.json", Data: site}, {Name: "items-0.json", Data: items}})
		if err != nil {
			return
		}
		// What was accepted can be written and read again, to the same effect.
		files, err := content.Marshal(doc.Site, doc.Items, doc.Tasks...)
		if err != nil {
			t.Fatalf("accepted but not writable: %v", err)
		}
		again, err := content.Parse(files)
		if err != nil {
			t.Fatalf("written but not readable: %v", err)
		}
		third, err := content.Marshal(again.Site, again.Items, again.Tasks...)
		if err != nil || !reflect.DeepEqual(files, third) {
			t.Fatalf("not stable: %v", err)
		}
	})
}
