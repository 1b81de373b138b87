"""Extensions of registered media types, written by tests/domain/releases/write_media_types.py.

Source: mime-db 1.54.0 (https://github.com/jshttp/mime-db), which gathers IANA's registry and Apache's and
nginx's tables. Copyright 2014 Jonathan Ong, 2015-2022 Douglas Christopher Wilson; MIT licence.
Of vendors' types those that web servers have an opinion on. Each line begins with a type; its extensions follow it.
"""

TABLE = """
application/andrew-inset ez; application/appinstaller appinstaller; application/applixware aw; application/appx appx
application/appxbundle appxbundle; application/atom+xml atom; application/atomcat+xml atomcat
application/atomdeleted+xml atomdeleted; application/atomsvc+xml atomsvc; application/atsc-dwd+xml dwd
application/atsc-held+xml held; application/atsc-rsat+xml rsat; application/automationml-aml+xml aml
application/automationml-amlx+zip amlx; application/bdoc bdoc; application/calendar+xml xcs; application/ccxml+xml ccxml
application/cdfx+xml cdfx; application/cdmi-capability cdmia; application/cdmi-container cdmic
application/cdmi-domain cdmid; application/cdmi-object cdmio; application/cdmi-queue cdmiq; application/cpl+xml cpl
application/cu-seeme cu; application/cwl cwl; application/dash+xml mpd; application/dash-patch+xml mpp
application/davmount+xml davmount; application/dicom dcm; application/docbook+xml dbk; application/dssc+der dssc
application/dssc+xml xdssc; application/ecmascript ecma; application/emma+xml emma; application/emotionml+xml emotionml
application/epub+zip epub; application/exi exi; application/express exp; application/fdf fdf; application/fdt+xml fdt
application/font-tdpfr pfr; application/geo+json geojson; application/gml+xml gml; application/gpx+xml gpx
application/gxf gxf; application/gzip gz; application/hjson hjson; application/hyperstudio stk
application/inkml+xml ink inkml; application/ipfix ipfix; application/its+xml its; application/java-archive ear jar war
application/java-serialized-object ser; application/java-vm class; application/json json map; application/json5 json5
application/jsonml+json jsonml; application/ld+json jsonld; application/lgr+xml lgr; application/lost+xml lostxml
application/mac-binhex40 hqx; application/mac-compactpro cpt; application/mads+xml mads
application/manifest+json webmanifest; application/marc mrc; application/marcxml+xml mrcx
application/mathematica ma mb nb; application/mathml+xml mathml; application/mbox mbox
application/media-policy-dataset+xml mpf; application/mediaservercontrol+xml mscml; application/metalink+xml metalink
application/metalink4+xml meta4; application/mets+xml mets; application/mmt-aei+xml maei; application/mmt-usd+xml musd
application/mods+xml mods; application/mp21 m21 mp21; application/mp4 m4p mp4s; application/msix msix
application/msixbundle msixbundle; application/msword doc dot; application/mxf mxf; application/n-quads nq
application/n-triples nt; application/node cjs
application/octet-stream bin bpk buffer deb deploy dist distz dll dmg dms dump elc exe img iso lrf mar msi msm msp pkg
so
application/oda oda; application/oebps-package+xml opf; application/ogg ogx; application/omdoc+xml omdoc
application/onenote one onea onepkg onetmp onetoc onetoc2; application/oxps oxps; application/p2p-overlay+xml relo
application/patch-ops-error+xml xer; application/pdf pdf; application/pgp-encrypted pgp; application/pgp-keys asc
application/pgp-signature sig; application/pics-rules prf; application/pkcs10 p10; application/pkcs7-mime p7c p7m
application/pkcs7-signature p7s; application/pkcs8 p8; application/pkix-attr-cert ac; application/pkix-cert cer
application/pkix-crl crl; application/pkix-pkipath pkipath; application/pkixcmp pki; application/pls+xml pls
application/postscript ai eps ps; application/provenance+xml provx; application/prs.xsf+xml xsf
application/pskc+xml pskcxml; application/raml+yaml raml; application/rdf+xml owl rdf; application/reginfo+xml rif
application/relax-ng-compact-syntax rnc; application/resource-lists+xml rl; application/resource-lists-diff+xml rld
application/rls-services+xml rs; application/route-apd+xml rapd; application/route-s-tsid+xml sls
application/route-usd+xml rusd; application/rpki-ghostbusters gbr; application/rpki-manifest mft
application/rpki-roa roa; application/rsd+xml rsd; application/rss+xml rss; application/sbml+xml sbml
application/scvp-cv-request scq; application/scvp-cv-response scs; application/scvp-vp-request spq
application/scvp-vp-response spp; application/sdp sdp; application/senml+xml senmlx; application/sensml+xml sensmlx
application/set-payment-initiation setpay; application/set-registration-initiation setreg; application/shf+xml shf
application/sieve sieve siv; application/smil+xml smi smil; application/sparql-query rq
application/sparql-results+xml srx; application/sql sql; application/srgs gram; application/srgs+xml grxml
application/sru+xml sru; application/ssdl+xml ssdl; application/ssml+xml ssml; application/swid+xml swidtag
application/tei+xml tei teicorpus; application/thraud+xml tfi; application/timestamped-data tsd; application/toml toml
application/trig trig; application/ttml+xml ttml; application/ubjson ubj; application/urc-ressheet+xml rsheet
application/urc-targetdesc+xml td; application/vnd.1000minds.decision-model+xml 1km
application/vnd.adobe.air-application-installer-package+zip air; application/vnd.adobe.xdp+xml xdp
application/vnd.android.package-archive apk; application/vnd.apple.installer+xml mpkg
application/vnd.apple.pkpass pkpass; application/vnd.balsamiq.bmml+xml bmml; application/vnd.chemdraw+xml cdxml
application/vnd.citationstyles.style+xml csl; application/vnd.criticaltools.wbs+xml wbs; application/vnd.dart dart
application/vnd.dcmp+xml dcmp; application/vnd.dece.ttml+xml uvt uvvt; application/vnd.eszigno3+xml es3 et3
application/vnd.google-apps.document gdoc; application/vnd.google-apps.drawing gdraw
application/vnd.google-apps.form gform; application/vnd.google-apps.jam gjam; application/vnd.google-apps.map gmap
application/vnd.google-apps.presentation gslides; application/vnd.google-apps.script gscript
application/vnd.google-apps.site gsite; application/vnd.google-apps.spreadsheet gsheet
application/vnd.google-earth.kml+xml kml; application/vnd.google-earth.kmz kmz
application/vnd.gov.sk.xmldatacontainer+xml xdcf; application/vnd.hal+xml hal
application/vnd.handheld-entertainment+xml zmm; application/vnd.irepository.package+xml irp
application/vnd.las.las+xml lasxml; application/vnd.llamagraphics.life-balance.exchange+xml lbe
application/vnd.mozilla.xul+xml xul; application/vnd.ms-excel xla xlc xlm xls xlt xlw; application/vnd.ms-fontobject eot
application/vnd.ms-outlook msg; application/vnd.ms-powerpoint pot pps ppt; application/vnd.ms-xpsdocument xps
application/vnd.nato.bindingdataobject+xml bdo; application/vnd.oasis.opendocument.graphics odg
application/vnd.oasis.opendocument.presentation odp; application/vnd.oasis.opendocument.spreadsheet ods
application/vnd.oasis.opendocument.text odt; application/vnd.oma.dd2+xml dd2; application/vnd.openblox.game+xml obgx
application/vnd.openstreetmap.data+xml osm
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
application/vnd.openxmlformats-officedocument.wordprocessingml.document docx; application/vnd.pwg-xhtml-print+xml xhtm
application/vnd.recordare.musicxml+xml musicxml; application/vnd.route66.link66+xml link66
application/vnd.software602.filler.form+xml fo; application/vnd.solent.sdkm+xml sdkd sdkm
application/vnd.sun.wadl+xml wadl; application/vnd.syncml+xml xsm; application/vnd.syncml.dm+xml xdm
application/vnd.syncml.dmddf+xml ddf; application/vnd.uoml+xml uo uoml
application/vnd.yamaha.openscoreformat.osfpvg+xml osfpvg; application/vnd.zzazz.deck+xml zaz
application/voicexml+xml vxml; application/wasm wasm; application/watcherinfo+xml wif; application/widget wgt
application/winhlp hlp; application/wsdl+xml wsdl; application/wspolicy+xml wspolicy; application/x-7z-compressed 7z
application/x-arj arj; application/x-bzip bz; application/x-bzip2 boz bz2; application/x-dtbncx+xml ncx
application/x-dtbook+xml dtb; application/x-dtbresource+xml res; application/x-dvi dvi; application/x-httpd-php php
application/x-ipynb+json ipynb; application/x-java-jnlp-file jnlp; application/x-latex latex
application/x-ns-proxy-autoconfig pac; application/x-pkcs12 p12 pfx; application/x-rar-compressed rar
application/x-sh sh; application/x-shockwave-flash swf; application/x-stuffit sit; application/x-tar tar
application/x-virtualbox-hdd hdd; application/x-virtualbox-ova ova; application/x-virtualbox-ovf ovf
application/x-virtualbox-vbox vbox; application/x-virtualbox-vbox-extpack vbox-extpack; application/x-virtualbox-vdi vdi
application/x-virtualbox-vhd vhd; application/x-virtualbox-vmdk vmdk; application/x-web-app-manifest+json webapp
application/x-xpinstall xpi; application/xaml+xml xaml; application/xcap-att+xml xav; application/xcap-caps+xml xca
application/xcap-diff+xml xdf; application/xcap-el+xml xel; application/xcap-ns+xml xns; application/xenc+xml xenc
application/xfdf xfdf; application/xhtml+xml xht xhtml; application/xliff+xml xlf; application/xml rng xsd xsl
application/xml-dtd dtd; application/xop+xml xop; application/xproc+xml xpl; application/xslt+xml xslt
application/xspf+xml xspf; application/xv+xml mxml xhvml xvm xvml; application/yang yang; application/yin+xml yin
application/zip zip; application/zip+dotlottie lottie; audio/3gpp 3gpp; audio/aac aac adts; audio/adpcm adp
audio/amr amr; audio/basic au snd; audio/midi kar mid midi rmi; audio/mobile-xmf mxmf; audio/mp4 m4a m4b mp4a
audio/mpeg m2a m3a mp2 mp2a mp3 mpga; audio/ogg oga ogg opus spx; audio/s3m s3m; audio/silk sil
audio/vnd.dece.audio uva uvva; audio/vnd.digital-winds eol; audio/vnd.dra dra; audio/vnd.dts dts; audio/vnd.dts.hd dtshd
audio/vnd.lucent.voice lvp; audio/vnd.ms-playready.media.pya pya; audio/vnd.nuera.ecelp4800 ecelp4800
audio/vnd.nuera.ecelp7470 ecelp7470; audio/vnd.nuera.ecelp9600 ecelp9600; audio/vnd.rip rip; audio/webm weba
audio/x-aiff aif aifc aiff; audio/x-caf caf; audio/x-flac flac; audio/x-matroska mka; audio/x-mpegurl m3u
audio/x-ms-wax wax; audio/x-ms-wma wma; audio/x-pn-realaudio ra ram; audio/x-pn-realaudio-plugin rmp; audio/x-wav wav
audio/xm xm; chemical/x-cdx cdx; chemical/x-cif cif; chemical/x-cmdf cmdf; chemical/x-cml cml; chemical/x-csml csml
chemical/x-xyz xyz; font/collection ttc; font/otf otf; font/ttf ttf; font/woff woff; font/woff2 woff2; image/aces exr
image/apng apng; image/avci avci; image/avcs avcs; image/avif avif; image/bmp bmp dib; image/cgm cgm
image/dicom-rle drle; image/dpx dpx; image/emf emf; image/fits fits; image/g3fax g3; image/gif gif; image/heic heic
image/heic-sequence heics; image/heif heif; image/heif-sequence heifs; image/hej2k hej2; image/ief ief; image/jaii jaii
image/jais jais; image/jls jls; image/jp2 jp2 jpg2; image/jpeg jpe jpeg jpg; image/jph jph; image/jphc jhc
image/jpm jpgm jpm; image/jpx jpf jpx; image/jxl jxl; image/jxr jxr; image/jxra jxra; image/jxrs jxrs; image/jxs jxs
image/jxsc jxsc; image/jxsi jxsi; image/jxss jxss; image/ktx ktx; image/ktx2 ktx2; image/pjpeg jfif; image/png png
image/prs.btif btf btif; image/prs.pti pti; image/sgi sgi; image/svg+xml svg svgz; image/t38 t38; image/tiff tif tiff
image/tiff-fx tfx; image/vnd.adobe.photoshop psd; image/vnd.airzip.accelerator.azv azv
image/vnd.dece.graphic uvg uvi uvvg uvvi; image/vnd.djvu djv djvu; image/vnd.dvb.subtitle sub; image/vnd.dwg dwg
image/vnd.dxf dxf; image/vnd.fastbidsheet fbs; image/vnd.fpx fpx; image/vnd.fst fst; image/vnd.fujixerox.edmics-mmr mmr
image/vnd.fujixerox.edmics-rlc rlc; image/vnd.microsoft.icon ico; image/vnd.ms-dds dds; image/vnd.ms-modi mdi
image/vnd.ms-photo wdp; image/vnd.net-fpx npx; image/vnd.pco.b16 b16; image/vnd.tencent.tap tap
image/vnd.valve.source.texture vtf; image/vnd.wap.wbmp wbmp; image/vnd.xiff xif; image/vnd.zbrush.pcx pcx
image/webp webp; image/wmf wmf; image/x-3ds 3ds; image/x-adobe-dng dng; image/x-cmu-raster ras; image/x-cmx cmx
image/x-freehand fh fh4 fh5 fh7 fhc; image/x-jng jng; image/x-mrsid-image sid; image/x-pict pct pic
image/x-portable-anymap pnm; image/x-portable-bitmap pbm; image/x-portable-graymap pgm; image/x-portable-pixmap ppm
image/x-rgb rgb; image/x-tga tga; image/x-xbitmap xbm; image/x-xpixmap xpm; image/x-xwindowdump xwd
message/disposition-notification disposition-notification; message/global u8msg; message/global-delivery-status u8dsn
message/global-disposition-notification u8mdn; message/global-headers u8hdr; message/rfc822 eml mht mhtml mime
message/vnd.wfa.wsc wsc; model/3mf 3mf; model/gltf+json gltf; model/gltf-binary glb; model/iges iges igs; model/jt jt
model/mesh mesh msh silo; model/mtl mtl; model/obj obj; model/prc prc; model/step 210 p21 step stp stpnc
model/step+xml stpx; model/step+zip stpz; model/step-xml+zip stpxz; model/stl stl; model/u3d u3d; model/vnd.bary bary
model/vnd.cld cld; model/vnd.collada+xml dae; model/vnd.dwf dwf; model/vnd.gdl gdl; model/vnd.gtw gtw; model/vnd.mts mts
model/vnd.opengex ogex; model/vnd.parasolid.transmit.binary x_b; model/vnd.parasolid.transmit.text x_t
model/vnd.pytha.pyox pyo pyox; model/vnd.sap.vds vds; model/vnd.usda usda; model/vnd.usdz+zip usdz
model/vnd.valve.source.compiled-map bsp; model/vnd.vtu vtu; model/vrml vrml wrl; model/x3d+binary x3dbz
model/x3d+fastinfoset x3db; model/x3d+vrml x3dvz; model/x3d+xml x3d x3dz; model/x3d-vrml x3dv
text/cache-manifest appcache manifest; text/calendar ics ifb; text/coffeescript coffee litcoffee; text/css css
text/csv csv; text/html htm html shtml; text/jade jade; text/javascript js mjs; text/jsx jsx; text/less less
text/markdown markdown md; text/mathml mml; text/mdx mdx; text/n3 n3; text/plain conf def in ini list log text txt
text/prs.lines.tag dsc; text/richtext rtx; text/rtf rtf; text/sgml sgm sgml; text/shex shex; text/slim slim slm
text/spdx spdx; text/stylus styl stylus; text/tab-separated-values tsv; text/troff man me ms roff t tr; text/turtle ttl
text/uri-list uri uris urls; text/vcard vcard; text/vnd.curl curl; text/vnd.curl.dcurl dcurl; text/vnd.curl.mcurl mcurl
text/vnd.curl.scurl scurl; text/vnd.familysearch.gedcom ged; text/vnd.fly fly; text/vnd.fmi.flexstor flx
text/vnd.graphviz gv; text/vnd.in3d.3dml 3dml; text/vnd.in3d.spot spot; text/vnd.sun.j2me.app-descriptor jad
text/vnd.wap.wml wml; text/vnd.wap.wmlscript wmls; text/vtt vtt; text/wgsl wgsl; text/x-asm asm s
text/x-c c cc cpp cxx dic h hh; text/x-component htc; text/x-fortran f f77 f90 for; text/x-handlebars-template hbs
text/x-java-source java; text/x-lua lua; text/x-markdown mkd; text/x-nfo nfo; text/x-opml opml; text/x-org org
text/x-pascal p pas; text/x-processing pde; text/x-sass sass; text/x-scss scss; text/x-setext etx; text/x-sfv sfv
text/x-suse-ymp ymp; text/x-uuencode uu; text/x-vcalendar vcs; text/x-vcard vcf; text/xml xml; text/yaml yaml yml
video/3gpp 3gp; video/3gpp2 3g2; video/h261 h261; video/h263 h263; video/h264 h264; video/iso.segment m4s
video/jpeg jpgv; video/mj2 mj2 mjp2; video/mp2t m2t m2ts ts; video/mp4 mp4 mp4v mpg4; video/mpeg m1v m2v mpe mpeg mpg
video/ogg ogv; video/quicktime mov qt; video/vnd.dece.hd uvh uvvh; video/vnd.dece.mobile uvm uvvm
video/vnd.dece.pd uvp uvvp; video/vnd.dece.sd uvs uvvs; video/vnd.dece.video uvv uvvv; video/vnd.dvb.file dvb
video/vnd.fvt fvt; video/vnd.mpegurl m4u mxu; video/vnd.ms-playready.media.pyv pyv; video/vnd.uvvu.mp4 uvu uvvu
video/vnd.vivo viv; video/webm webm; video/x-f4v f4v; video/x-fli fli; video/x-flv flv; video/x-m4v m4v
video/x-matroska mk3d mks mkv; video/x-mng mng; video/x-ms-asf asf asx; video/x-ms-vob vob; video/x-ms-wm wm
video/x-ms-wmv wmv; video/x-ms-wmx wmx; video/x-ms-wvx wvx; video/x-msvideo avi; video/x-sgi-movie movie
video/x-smv smv; x-conference/x-cooltalk ice
"""
